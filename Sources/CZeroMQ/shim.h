#ifndef CHORUS_CZEROMQ_SHIM_H
#define CHORUS_CZEROMQ_SHIM_H

#include <zmq.h>
/* The socket thread is woken by an eventfd, which Swift's Glibc module does not have. */
#include <sys/eventfd.h>

#endif
