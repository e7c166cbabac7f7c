#pragma once

#include <cstddef>

namespace lethe {

/// Memory of large tensors, apart from everything small. A small thing that is kept, as the loss of each batch is, would
/// otherwise be put where a large tensor was freed a moment ago; the next large one no longer fits there, and the process
/// grows by one with each batch. Freed blocks join their neighbours and are taken again, the smallest that is large enough
/// first; nothing is given back to the system. Blocks are aligned to 64 bytes.
class LargeBlocks {
 public:
  /// In bytes.
  static constexpr size_t smallest = size_t{256} << 10;

  /// A block for so many bytes; null where there is no room.
  static void *take(size_t byte_count);
  static void give_back(void *block);
  /// Whether a pointer is one that `take` gave.
  static bool owns(const void *data);
  /// The bytes of a block.
  static size_t size(void *block);
};

}  // namespace lethe
