/* SPDX-License-Identifier: MIT */
/* documents.h - what HTTP and chatterbox_query() show: <chatterbox/query.h> says what each takes */
#ifndef CBX_CONTROLLER_DOCUMENTS_H
#define CBX_CONTROLLER_DOCUMENTS_H

#include "controller/request_worker.h"

/* Any thread: each takes the call over and finishes it */
void cbx_document_jobs(struct cbx_request_worker *worker, struct cbx_call *call);
void cbx_document_job(struct cbx_request_worker *worker, struct cbx_call *call); /* may ask SQL */
void cbx_document_systems(struct cbx_request_worker *worker, struct cbx_call *call);
void cbx_document_system(struct cbx_request_worker *worker, struct cbx_call *call);
void cbx_document_summary(struct cbx_request_worker *worker, struct cbx_call *call);

#endif
