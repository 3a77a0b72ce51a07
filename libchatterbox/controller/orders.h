/* SPDX-License-Identifier: MIT */
/*
 * orders.h - calls that change something; the poller of the leader carries them out
 *
 * Each takes the call over and ends it, at once or when nl-hdms has answered. They are entries of
 * the table in methods.c; parameters and results: contract 3.5.
 */
#ifndef CBX_CONTROLLER_ORDERS_H
#define CBX_CONTROLLER_ORDERS_H

#include "controller/job_api.h"
#include "controller/poller.h"
#include "controller/request_worker.h"

/* The table: methods.c */
extern const struct cbx_method cbx_methods[];

void cbx_order_pause(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_resume(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_kill(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_pause_all(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_resume_all(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_clean_up(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_clean_up_incident(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_remove_errors(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_poll(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_pause_scheduler(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_resume_scheduler(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_set_interval(struct cbx_poller *poller, struct cbx_call *call);

/* Only for the C API, not served over AMQP */
void cbx_order_delete_entry(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_send_status(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_report_errors(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_store_errors(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_add_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_remove_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_is_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_populate_online(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_update_configuration(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_populate_internal(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_clean_internal(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_put_internal(struct cbx_poller *poller, struct cbx_call *call);
void cbx_order_remove_internal(struct cbx_poller *poller, struct cbx_call *call);

/* shared.c: read from the shared state; <chatterbox/query.h> says what each takes */
void cbx_document_internal_systems(struct cbx_poller *poller, struct cbx_call *call);
void cbx_document_events(struct cbx_poller *poller, struct cbx_call *call);

/* errors_api.c: answered by the request worker */
void cbx_request_worker_errors_get(struct cbx_request_worker *worker, struct cbx_call *call);
void cbx_request_worker_outlook(struct cbx_request_worker *worker, struct cbx_call *call);
void cbx_request_worker_history(struct cbx_request_worker *worker, struct cbx_call *call);
/* incidents_api.c */
void cbx_request_worker_incidents(struct cbx_request_worker *worker, struct cbx_call *call);
void cbx_request_worker_incident(struct cbx_request_worker *worker, struct cbx_call *call);
/* explain.c */
void cbx_request_worker_explain(struct cbx_request_worker *worker, struct cbx_call *call);

#endif
