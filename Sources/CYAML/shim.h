#ifndef CHORUS_CYAML_SHIM_H
#define CHORUS_CYAML_SHIM_H

#include <yaml.h>

#endif
