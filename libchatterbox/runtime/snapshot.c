// SPDX-License-Identifier: MIT
/* view.c - swaps pictures under a mutex that is held for a pointer's copy only */
#include "runtime/snapshot.h"

#include <errno.h>
#include <stdlib.h>

int cbx_view_new(struct cbx_active_jobs *jobs, struct cbx_systems *systems, uint64_t now,
		 struct cbx_view **out)
{
	cbx_auto(cbx_view_unrefp) struct cbx_view *view = calloc(1, sizeof(*view));
	int result;

	if (!view)
		return -ENOMEM;
	view->refs = 1;
	view->published_at = now;
	result = cbx_active_jobs_freeze(jobs, &view->jobs);
	if (!result)
		result = cbx_systems_freeze(systems, &view->systems);
	if (result < 0)
		return result;
	*out = cbx_steal(view);
	return 0;
}

struct cbx_view *cbx_view_ref(struct cbx_view *view)
{
	view->refs++;
	return view;
}

void cbx_view_unref(struct cbx_view *view)
{
	if (!view || --view->refs > 0)
		return;
	cbx_snapshot_unref(view->jobs);
	cbx_system_list_unref(view->systems);
	free(view);
}

void cbx_window_init(struct cbx_window *window)
{
	window->view = NULL;
	pthread_mutex_init(&window->lock, NULL);
}

void cbx_window_close(struct cbx_window *window)
{
	cbx_view_unref(window->view);
	window->view = NULL;
	pthread_mutex_destroy(&window->lock);
}

void cbx_window_show(struct cbx_window *window, struct cbx_view *view)
{
	struct cbx_view *old;

	pthread_mutex_lock(&window->lock);
	old = window->view;
	window->view = view;
	pthread_mutex_unlock(&window->lock);
	cbx_view_unref(old);
}

struct cbx_view *cbx_window_look(struct cbx_window *window)
{
	struct cbx_view *view;

	pthread_mutex_lock(&window->lock);
	view = window->view ? cbx_view_ref(window->view) : NULL;
	pthread_mutex_unlock(&window->lock);
	return view;
}
