// libhdf5 as Swift sees it: the header, and functions for what Swift cannot import.
#pragma once

// Debian keeps the serial build's headers in a folder that pkg-config would add. The plain names come last, so
// that another HDF5 in /usr/include (an MPI one) is not picked up by accident.
#if __has_include("/usr/include/hdf5/serial/hdf5.h")
#include "/usr/include/hdf5/serial/hdf5.h"
#elif __has_include(<hdf5/serial/hdf5.h>)
#include <hdf5/serial/hdf5.h>
#else
#include <hdf5.h>
#endif

#include <stdio.h>
#include <string.h>

// These macros open the library before they name a global variable, an expression that Swift does not import.
static inline hid_t lethe_h5t_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t lethe_h5t_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t lethe_h5t_int64(void) { return H5T_STD_I64LE; }
static inline hid_t lethe_h5t_int32(void) { return H5T_STD_I32LE; }
static inline hid_t lethe_h5t_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t lethe_h5t_int8(void) { return H5T_STD_I8LE; }
static inline hid_t lethe_h5t_c_string(void) { return H5T_C_S1; }
static inline hid_t lethe_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t lethe_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t lethe_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline unsigned lethe_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned lethe_h5f_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned lethe_h5f_truncate(void) { return H5F_ACC_TRUNC; }
// Cast expressions, likewise not imported.
static inline hid_t lethe_h5p_default(void) { return H5P_DEFAULT; }
static inline hid_t lethe_h5s_all(void) { return H5S_ALL; }
static inline hsize_t lethe_h5s_unlimited(void) { return H5S_UNLIMITED; }
static inline size_t lethe_h5t_variable(void) { return H5T_VARIABLE; }
static inline haddr_t lethe_haddr_undefined(void) { return HADDR_UNDEF; }

// HDF5 prints its errors on standard error unless it is told not to (on each thread, in a thread-safe build).
static inline void lethe_h5e_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

// Versioned functions are macros over the numbered ones; the numbers are the ones that every 1.10 to 2.0 has.
static inline int lethe_h5o_is_group(hid_t id) { return H5Iget_type(id) == H5I_GROUP; }
static inline int lethe_h5o_is_dataset(hid_t id) { return H5Iget_type(id) == H5I_DATASET; }
static inline herr_t lethe_h5_reclaim(hid_t type, hid_t space, void *buffer) {
  return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
}

// Our files are replaced by renaming and never changed in place, so locks would only fail on network file systems.
static inline herr_t lethe_h5p_without_locks(hid_t list) {
#if H5_VERSION_GE(1, 10, 7)
  return H5Pset_file_locking(list, 0, 1);
#else
  (void)list;
  return 0;
#endif
}

typedef struct {
  char innermost[1024];
  char outermost[1024];
} lethe_h5e_messages;

static inline herr_t lethe_h5e_collect(unsigned index, const H5E_error2_t *error, void *data) {
  lethe_h5e_messages *messages = (lethe_h5e_messages *)data;
  const char *text = error->desc ? error->desc : "";
  if (index == 0) snprintf(messages->innermost, sizeof messages->innermost, "%s", text);
  snprintf(messages->outermost, sizeof messages->outermost, "%s", text);
  return 0;
}

// The current error stack: its innermost message (what went wrong) and its outermost (what was tried).
static inline void lethe_h5e_current(lethe_h5e_messages *messages) {
  memset(messages, 0, sizeof *messages);
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, lethe_h5e_collect, messages);
}
