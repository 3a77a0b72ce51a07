// SPDX-License-Identifier: MIT
/* file.c - opens, writes and turns over the files of a recording */
#include "adapter/flight/file.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int cbx_flight_file_init(struct cbx_flight_file *file, const char *path)
{
	*file = (struct cbx_flight_file){ .fd = -1, .path = strdup(path) };
	if (!file->path || asprintf(&file->before, "%s.1", path) < 0) {
		file->before = NULL;
		return -ENOMEM;
	}
	return 0;
}

void cbx_flight_file_close(struct cbx_flight_file *file)
{
	cbx_closep(&file->fd);
	file->fd = -1;
}

void cbx_flight_file_free(struct cbx_flight_file *file)
{
	cbx_flight_file_close(file);
	free(file->path);
	free(file->before);
}

/* A FIFO without a reader must not hold the thread up; neither must what is no place for lines */
static int open_fd(struct cbx_flight_file *file)
{
	cbx_auto(cbx_closep) int fd =
		open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		     0600);
	struct stat about;

	if (fd < 0 || fstat(fd, &about) < 0)
		return -errno;
	if (!S_ISREG(about.st_mode) && !S_ISCHR(about.st_mode))
		return -EINVAL;
	cbx_flight_file_close(file);
	file->regular = S_ISREG(about.st_mode);
	file->size = file->regular ? (uint64_t)about.st_size : 0;
	file->fd = cbx_steal_fd(&fd);
	return 0;
}

int cbx_flight_file_turn_over(struct cbx_flight_file *file)
{
	if (file->regular && rename(file->path, file->before) < 0)
		return -errno;
	return open_fd(file);
}

int cbx_flight_file_open(struct cbx_flight_file *file)
{
	int result = open_fd(file);

	if (!result && file->size && !file->opened)
		result = cbx_flight_file_turn_over(file);
	if (result < 0)
		cbx_flight_file_close(file);
	else
		file->opened = true;
	return result;
}

int cbx_flight_file_write(struct cbx_flight_file *file, const struct cbx_text *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t written = write(file->fd, text->bytes + done, text->len - done);
		int error = written < 0 ? errno : ENOSPC;

		if (written < 0 && error == EINTR)
			continue;
		if (written <= 0) {
			/* no half a line stays */
			if (file->regular && done && ftruncate(file->fd, (off_t)file->size) < 0)
				cbx_flight_file_close(file);
			return -error;
		}
		done += (size_t)written;
	}
	file->size += text->len;
	return 0;
}
