/* Samples of room. */
#include "service/room_sample.h"

#include "service/service_root.h"
#include "store/store_space.h"

enum { HOUR = 3600, DAY = 86400 };

int room_sample_take(struct service *service, struct err *err)
{
    struct root_report report;
    struct room_sample sample;
    struct root root;
    int64_t newest;
    bool known;
    FD_SCOPED fd = -1;

    if (service_root_load(service, &root, &known, err) < 0)
        return -1;
    if (!known)
        return 0;
    newest = store_room_newest(service->db, root.id, err);
    if (newest < 0)
        return -1;
    /* One from the future is of a clock that was wrong. */
    if (newest > service->now - HOUR && newest <= service->now)
        return 0;
    if (service_root_open(service, root.path, &report, &fd, err) < 0)
        return -1;
    if (fd < 0 || !report.opened)
        return 0;
    sample = (struct room_sample){.taken_at = service->now,
                                  .bytes_free = report.room.bytes_free,
                                  .bytes_total = report.room.bytes_total,
                                  .inodes_free = report.room.inodes_free,
                                  .inodes_total = report.room.inodes_total};
    if (store_room_add(service->db, root.id, &sample, err) < 0)
        return -1;
    return store_room_expire(service->db, service->now - (int64_t)ROOM_SAMPLE_DAYS * DAY, err);
}
