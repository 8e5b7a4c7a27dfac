/* What is free on the backup root, noted over time: for the line and the forecast of document_space.h. */
#ifndef SERVICE_ROOM_SAMPLE_H
#define SERVICE_ROOM_SAMPLE_H

#include "service/service.h"

enum { ROOM_SAMPLE_DAYS = 90 }; /* as long as samples are kept */

/* Notes it unless that was done within the hour. A root that is not what it should be is not noted, and no error. */
int room_sample_take(struct service *service, struct err *err);

#endif
