// The only source of this target where CTORCH_PREBUILT names a shim that was built elsewhere: SwiftPM wants one.
#include "include/ctorch.h"
