/* Keys and answers. */
#include "service/service_api_request.h"

#include "store/store_api_request.h"

enum { KEPT_SECONDS = 24 * 3600 };

int service_api_request_begin(struct service *service, const char *account, const char *key,
                              const char *fingerprint, struct api_request *first, struct err *err)
{
    const struct api_request request = {
        .account = account, .key = key, .fingerprint = fingerprint, .created_at = service->now};
    int found;

    if (store_api_request_expire(service->db, service->now - KEPT_SECONDS, err) < 0)
        return -1;
    if (store_api_request_insert(service->db, &request, err) == 0)
        return 0;
    if (err->code != ERR_EXISTS)
        return -1;
    found = store_api_request_load(service->arena, service->db, account, key, first, err);
    if (found == 0) {
        err_set(err, ERR_BUSY, "the first request with this key has failed at this moment");
        return err_hint(err, "ask again");
    }
    return found;
}

int service_api_request_end(struct service *service, const struct api_request *request, bool keep,
                            struct err *err)
{
    return keep ? store_api_request_answer(service->db, request, err)
                : store_api_request_delete(service->db, request->account, request->key, err);
}
