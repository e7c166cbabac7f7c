#pragma once

// libtorch's `ProcessGroupGloo.hpp` includes headers of Gloo, a library that is linked into libtorch, and whose headers
// pip's wheel leaves out. The files of this folder stand in for them: they declare what that one header names, as Gloo
// does, and nothing of it is defined or laid out here. Only pointers to these types pass through Lethe. Where Gloo's own
// headers are installed, they are taken.

#if __has_include_next(<gloo/algorithm.h>)
#include_next <gloo/algorithm.h>
#endif
