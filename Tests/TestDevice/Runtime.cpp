#include "TestDevice.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>

namespace test_device {
namespace {

/// Beside a real one there would be two kernels for each operator.
__attribute__((constructor(101))) void refuse_beside_cuda() {
  Dl_info place{};
  std::string folder;
  if (dladdr(reinterpret_cast<void *>(&at::globalContext), &place) && place.dli_fname) {
    folder = place.dli_fname;
    folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/') + 1);
  }
  std::string library = folder + "libtorch_cuda.so";
  if (access(library.c_str(), F_OK) != 0 && dlopen("libtorch_cuda.so", RTLD_NOLOAD | RTLD_LAZY) == nullptr) return;
  std::fprintf(stderr, "test device: %s is there: this libtorch has a CUDA of its own\n", library.c_str());
  _exit(78);
}

c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, here()); }

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return here().type(); }
  c10::Device exchangeDevice(c10::Device) const override { return here(); }
  c10::Device getDevice() const override { return here(); }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return stream(); }
  c10::Stream getDefaultStream(c10::Device) const override { return stream(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return stream(); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void **, const c10::Stream &, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void *, const c10::Stream &) const override {}
  bool queryEvent(void *) const override { return true; }
  bool queryStream(const c10::Stream &) const override { return true; }
  void synchronizeStream(const c10::Stream &) const override { count_wait(); }
  void synchronizeDevice(const c10::DeviceIndex) const override { count_wait(); }
};

struct Hooks final : at::CUDAHooksInterface {
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  int getNumGPUs() const override { return 1; }
  c10::DeviceIndex current_device() const override { return 0; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  void setCurrentDevice(c10::DeviceIndex) const override {}
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
  void deviceSynchronize(c10::DeviceIndex) const override { count_wait(); }
  c10::Allocator *getCUDADeviceAllocator() const override { return memory(); }
  c10::Allocator *getPinnedMemoryAllocator() const override { return pinned_memory(); }
  bool isPinnedPtr(const void *data) const override { return is_pinned(data); }
  const at::Generator &getDefaultGenerator(c10::DeviceIndex) const override { return default_generator(); }
  at::Generator getNewGenerator(c10::DeviceIndex) const override { return make_generator(); }
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard);

const bool is_registered = [] {
  c10::SetAllocator(here().type(), memory());
  at::CUDAHooksRegistry()->Register(
      "CUDAHooks", [](at::CUDAHooksArgs) -> std::unique_ptr<at::CUDAHooksInterface> { return std::make_unique<Hooks>(); });
  return true;
}();

}  // namespace
}  // namespace test_device
