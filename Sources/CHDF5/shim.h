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
static inline hid_t lethe_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t lethe_h5p_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t lethe_h5p_link_access(void) { return H5P_LINK_ACCESS; }
static inline unsigned lethe_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned lethe_h5f_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned lethe_h5f_truncate(void) { return H5F_ACC_TRUNC; }
// Cast expressions, likewise not imported.
static inline hid_t lethe_h5p_default(void) { return H5P_DEFAULT; }
static inline hid_t lethe_h5s_all(void) { return H5S_ALL; }
static inline hsize_t lethe_h5s_unlimited(void) { return H5S_UNLIMITED; }
static inline haddr_t lethe_haddr_undefined(void) { return HADDR_UNDEF; }

// HDF5 prints its errors on standard error unless it is told not to (on each thread, in a thread-safe build).
static inline void lethe_h5e_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

// These names are macros over numbered versions in some releases, and functions in others.
static inline herr_t lethe_h5_reclaim(hid_t type, hid_t space, void *buffer) {
  return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
}

typedef void (*lethe_h5l_visitor)(const char *name, void *context);
typedef struct {
  lethe_h5l_visitor visit;
  void *context;
} lethe_h5l_iteration;

static inline herr_t lethe_h5l_step(hid_t group, const char *name, const H5L_info_t *info, void *data) {
  (void)group;
  (void)info;
  lethe_h5l_iteration *iteration = (lethe_h5l_iteration *)data;
  iteration->visit(name, iteration->context);
  return 0;
}

static inline herr_t lethe_h5l_iterate(hid_t group, lethe_h5l_visitor visit, void *context) {
  lethe_h5l_iteration iteration = {visit, context};
  // libhdf5 1.10 frees what it never set when it sorts the names of a damaged group, and crashes.
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, lethe_h5l_step, &iteration);
}

// The length of an external link's value; 0 for a link of another kind, negative on failure.
static inline long long lethe_h5l_external_size(hid_t group, const char *name, hid_t access) {
  H5L_info_t info;
  if (H5Lget_info(group, name, &info, access) < 0) return -1;
  return info.type == H5L_TYPE_EXTERNAL ? (long long)info.u.val_size : 0;
}

// Which object it is: its file's number and its place in it. Their functions have other names from 1.12 on.
static inline herr_t lethe_h5o_place(hid_t object, unsigned long *file, haddr_t *address) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info1_t info;
  if (H5Oget_info1(object, &info) < 0) return -1;
#else
  H5O_info_t info;
  if (H5Oget_info(object, &info) < 0) return -1;
#endif
  *file = info.fileno;
  *address = info.addr;
  return 0;
}

static inline herr_t lethe_h5a_step(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)object;
  (void)info;
  lethe_h5l_iteration *iteration = (lethe_h5l_iteration *)data;
  iteration->visit(name, iteration->context);
  return 0;
}

static inline herr_t lethe_h5a_iterate(hid_t object, lethe_h5l_visitor visit, void *context) {
  lethe_h5l_iteration iteration = {visit, context};
  return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, lethe_h5a_step, &iteration);
}

static inline unsigned lethe_h5f_local_objects(void) {
  return H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR | H5F_OBJ_LOCAL;
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
