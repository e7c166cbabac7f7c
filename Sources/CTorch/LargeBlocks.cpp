#include "LargeBlocks.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace lethe {
namespace {

constexpr size_t unit = 64;
// What is asked of the system at a time.
constexpr size_t step = size_t{64} << 20;

class Blocks {
 public:
  Blocks() {
#if !defined(__SANITIZE_ADDRESS__)  // whose own blocks have guards around them
    // Twice the machine's memory: addresses alone, which what is freed between what is kept uses up.
    size_t size = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE)) * 2;
    void *data = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) return;
    start_ = top_ = usable_ = static_cast<char *>(data);
    end_ = start_ + size;
#endif
  }

  bool owns(const void *data) const { return start_ && data >= start_ && data < end_; }

  void *take(size_t byte_count) {
    if (!start_ || byte_count > static_cast<size_t>(end_ - start_)) return nullptr;
    // A unit more, so that tensors of a power of two do not all begin at the same place of a page.
    size_t size = (byte_count + 2 * unit - 1) / unit * unit;
    std::lock_guard<std::mutex> guard(lock_);
    auto found = by_size_.lower_bound({size, nullptr});
    char *block;
    if (found != by_size_.end()) {
      auto [whole, place] = *found;
      remove(place, whole);
      if (whole > size) insert(place + size, whole - size);
      block = place;
    } else {
      if (!grow(size)) return nullptr;
      block = top_;
      top_ += size;
    }
    taken_[block] = size;
    return block;
  }

  void give_back(char *block) {
    std::lock_guard<std::mutex> guard(lock_);
    auto taken = taken_.find(block);
    size_t size = taken->second;
    taken_.erase(taken);
    auto next = by_place_.find(block + size);
    if (next != by_place_.end()) {
      size += next->second;
      remove(next->first, next->second);
    }
    auto after = by_place_.upper_bound(block);
    if (after != by_place_.begin()) {
      auto [place, before] = *std::prev(after);
      if (place + before == block) {
        remove(place, before);
        block = place;
        size += before;
      }
    }
    if (block + size == top_) {
      top_ = block;
    } else {
      insert(block, size);
    }
  }

  size_t size(void *block) {
    std::lock_guard<std::mutex> guard(lock_);
    return taken_.at(static_cast<char *>(block));
  }

 private:
  /// Makes room at the top.
  bool grow(size_t size) {
    if (size > static_cast<size_t>(end_ - top_)) return false;
    if (top_ + size <= usable_) return true;
    size_t missing = std::min<size_t>((top_ + size - usable_ + step - 1) / step * step, end_ - usable_);
    if (mprotect(usable_, missing, PROT_READ | PROT_WRITE) != 0) return false;
    usable_ += missing;
    return true;
  }

  void insert(char *place, size_t size) {
    by_place_[place] = size;
    by_size_.insert({size, place});
  }

  void remove(char *place, size_t size) {
    by_place_.erase(place);
    by_size_.erase({size, place});
  }

  std::mutex lock_;
  // Free ones.
  std::map<char *, size_t> by_place_;
  std::set<std::pair<size_t, char *>> by_size_;
  std::unordered_map<char *, size_t> taken_;
  char *start_ = nullptr;
  // Everything from here on is free.
  char *top_ = nullptr;
  // And may be written up to here.
  char *usable_ = nullptr;
  char *end_ = nullptr;
};

// Lives as long as the process, as its tensors may.
Blocks &blocks() {
  static Blocks *const shared = new Blocks();
  return *shared;
}

}  // namespace

void *LargeBlocks::take(size_t byte_count) { return blocks().take(byte_count); }
void LargeBlocks::give_back(void *block) { blocks().give_back(static_cast<char *>(block)); }
bool LargeBlocks::owns(const void *data) { return blocks().owns(data); }
size_t LargeBlocks::size(void *block) { return blocks().size(block); }

}  // namespace lethe
