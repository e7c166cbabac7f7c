#ifndef CTORCH_H
#define CTORCH_H

#ifdef __cplusplus
extern "C" {
#endif

/// The table of functions declared in `CTorchInterface.h` (an `LTTable`), or NULL when built without libtorch.
__attribute__((visibility("default"))) const void *lethe_torch_table(void);

#ifdef __cplusplus
}
#endif

#endif
