/* Makes pages live. Every page works without it: links are links, changes are forms. */
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Relative times: the server writes them once, here they move on.
  const units = [[86400, "d"], [3600, "h"], [60, "min"]];
  const ago = (seconds) => {
    const past = seconds >= 0, size = Math.abs(seconds);
    if (size >= 7 * 86400) return null;
    const unit = units.find(([length]) => size >= length);
    if (!unit) return "just now";
    const text = `${Math.floor(size / unit[0])} ${unit[1]}`;
    return past ? `${text} ago` : `in ${text}`;
  };
  const refreshTimes = () => {
    for (const time of all("time[data-live], td time[datetime], dd time[datetime]")) {
      if (!/ago|^in |just now/.test(time.textContent)) continue;
      const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (text) time.textContent = text;
    }
  };
  setInterval(refreshTimes, 30000);

  // A filter box that names a table hides the rows that do not match, at once.
  for (const box of all("input[data-filter]")) {
    const table = document.getElementById(box.dataset.filter);
    if (!table) continue;
    box.addEventListener("input", () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of all("tbody tr", table)) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
  }

  // A setting that somebody types into is meant to be set.
  for (const field of all(".field")) {
    const set = field.querySelector('input[type=radio][value=yes]');
    field.addEventListener("input", (event) => { if (set && event.target.type !== "radio") set.checked = true; });
  }

  // Commands can be copied.
  if (navigator.clipboard) {
    for (const code of all("code.copy")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      });
      code.after(" ", button);
    }
  }

  // A page that shows something in progress is told by events when there is something new, and otherwise loads itself again
  // now and then. A hidden tab does neither.
  const live = () => document.querySelector("[data-refresh]");
  if (live()) {
    const period = 1000 * Number(live().dataset.refresh), source = live().dataset.events;
    let stream = null, timer = 0, soonest = 0, busy = false, greeted = false;
    const isTold = () => stream && stream.readyState === EventSource.OPEN;
    const next = (delay) => {
      const at = Date.now() + delay;
      if (timer && soonest <= at) return;
      clearTimeout(timer);
      soonest = at;
      timer = setTimeout(() => { timer = 0; refresh(); }, delay);
    };
    // What has the focus keeps it: it is found again by its place and its words.
    const put = (old, fresh) => {
      const stops = (root) => all("a, button, summary, [tabindex]", root);
      const at = stops(old).indexOf(document.activeElement);
      old.replaceWith(fresh);
      const stop = at < 0 ? null : stops(fresh)[at];
      if (stop) stop.focus({ preventScroll: true });
    };
    const refresh = async () => {
      const typing = document.activeElement.matches("input, select, textarea") && live().contains(document.activeElement);
      // What follows the end of a log waits while somebody reads further up.
      const follows = live().dataset.follow, page = document.documentElement;
      const isAbove = follows && innerHeight + scrollY < page.scrollHeight - 80;
      if (busy || typing || isAbove || document.hidden) return next(period);
      busy = true;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected || !answer.ok) return location.reload();
        const answered = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = answered.querySelector("[data-refresh]");
        if (!fresh) return location.reload();
        document.title = answered.title;
        if (fresh.innerHTML !== live().innerHTML) put(live(), document.adoptNode(fresh));
        if (follows) scrollTo(0, document.documentElement.scrollHeight);
      } catch {
        /* the server is away for a moment: the next attempt tells */
      }
      busy = false;
      next(isTold() ? 30000 : period); // what the clock alone changes is no event
    };
    const listen = () => {
      if (!source || !window.EventSource || stream) return;
      stream = new EventSource(source);
      // What happened between this page and the stream, its first look after the usual time will show.
      stream.addEventListener("hello", () => { if (greeted) next(200); greeted = true; });
      for (const type of ["resync", "run"]) stream.addEventListener(type, () => next(200));
      stream.addEventListener("progress", () => next(Math.max(1000, period / 3)));
      stream.addEventListener("log", () => { if (live().dataset.follow) next(500); });
      stream.addEventListener("bye", () => location.reload());
      stream.addEventListener("error", () => next(period));
    };
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) return listen();
      if (stream) stream.close();
      stream = null;
    });
    if (live().dataset.follow) scrollTo(0, document.documentElement.scrollHeight);
    if (!document.hidden) listen();
    next(period);
  }

  // Keyboard: "/" to the filter, "g" and a letter to a page, "j" and "k" through the rows of a table.
  const places = { d: "/", h: "/hosts", r: "/runs", s: "/schedules", q: "/queue" };
  let leader = false;
  const rows = () => all("tbody tr").filter((row) => !row.hidden && row.querySelector("a"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    if (leader) {
      leader = false;
      if (places[event.key]) location.href = places[event.key];
      return;
    }
    if (event.key === "g") {
      leader = true;
      setTimeout(() => { leader = false; }, 1500);
    } else if (event.key === "/") {
      const box = document.querySelector("input[type=search]");
      if (box) { event.preventDefault(); box.focus(); }
    } else if (event.key === "j" || event.key === "k") {
      const links = rows().map((row) => row.querySelector("a"));
      const at = links.indexOf(document.activeElement);
      const next = links[at + (event.key === "j" ? 1 : -1)] || links[0];
      if (next) next.focus();
    }
  });
})();
