/* pobsync completion: scripts that ask the hidden command __complete, and so know what this program knows. */
#include <string.h>

#include "cli/commands.h"

/* Each line of __complete is a candidate, a tab and a description; ":files" alone asks for file names. */
static const char *const bash_script =
    "# Completion of pobsync for bash.\n"
    "_pobsync() {\n"
    "    local line IFS=$'\\n'\n"
    "    local -a words\n"
    "    COMPREPLY=()\n"
    "    # Without \"=\" and \":\" as breaks of words, so that options and snapshots stay in one piece.\n"
    "    if declare -F _get_comp_words_by_ref >/dev/null; then\n"
    "        local cur prev cword\n"
    "        _get_comp_words_by_ref -n =: cur prev words cword\n"
    "        words=(\"${words[@]:1:cword}\")\n"
    "    else\n"
    "        words=(\"${COMP_WORDS[@]:1:COMP_CWORD}\")\n"
    "    fi\n"
    "    local typed=${words[${#words[@]} - 1]}\n"
    "    while read -r line; do\n"
    "        if [[ $line == :files ]]; then\n"
    "            COMPREPLY=($(compgen -f -- \"${typed##*=}\"))\n"
    "            return\n"
    "        fi\n"
    "        COMPREPLY+=(\"${line%%$'\\t'*}\")\n"
    "    done < <(pobsync __complete \"${words[@]}\" 2>/dev/null)\n"
    "    if declare -F __ltrim_colon_completions >/dev/null; then\n"
    "        __ltrim_colon_completions \"$typed\"\n"
    "    fi\n"
    "}\n"
    "complete -F _pobsync pobsync\n";

static const char *const zsh_script =
    "#compdef pobsync\n"
    "# Completion of pobsync for zsh.\n"
    "_pobsync() {\n"
    "    local line\n"
    "    local -a lines candidates\n"
    "    lines=(\"${(@f)$(pobsync __complete \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    if [[ $lines[1] == :files ]]; then\n"
    "        _files\n"
    "        return\n"
    "    fi\n"
    "    for line in $lines; do\n"
    "        candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "    done\n"
    "    _describe pobsync candidates\n"
    "}\n"
    "if [[ $funcstack[1] == _pobsync ]]; then\n"
    "    _pobsync \"$@\"\n"
    "else\n"
    "    compdef _pobsync pobsync\n"
    "fi\n";

static const char *const fish_script = "# Completion of pobsync for fish.\n"
                                       "function __pobsync_complete\n"
                                       "    set -l words (commandline -opc) (commandline -ct)\n"
                                       "    set -l lines (pobsync __complete $words[2..-1] 2>/dev/null)\n"
                                       "    if test \"$lines[1]\" = ':files'\n"
                                       "        __fish_complete_path (commandline -ct)\n"
                                       "        return\n"
                                       "    end\n"
                                       "    string join \\n -- $lines\n"
                                       "end\n"
                                       "complete -c pobsync -f -a '(__pobsync_complete)'\n";

static int run(struct call *call, struct err *err)
{
    const char *shell = call_word(call, 0);

    (void)err;
    buf_add_text(&call->out, strcmp(shell, "bash") == 0  ? bash_script
                             : strcmp(shell, "zsh") == 0 ? zsh_script
                                                         : fish_script);
    return 0;
}

const struct command cmd_completion = {
    .name = "completion",
    .summary = "print the completion script for a shell",
    .operands = "bash|zsh|fish",
    .details = "Commands, options, host names and snapshot names are completed.",
    .examples = "pobsync completion bash >/etc/bash_completion.d/pobsync\n"
                "pobsync completion zsh >/usr/local/share/zsh/site-functions/_pobsync\n"
                "pobsync completion fish >/etc/fish/completions/pobsync.fish",
    .run = run,
};
