// A stand-in for NVIDIA's management library: two GPUs, the second one split, which does not tell how busy it is.
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

int number_of(void* device) {
  return int(reinterpret_cast<std::intptr_t>(device)) - 1;
}
int write(char* to, unsigned size, const char* text) {
  std::snprintf(to, size, "%s", text);
  return 0;
}

}  // namespace

extern "C" {

struct FakeMemory {
  unsigned long long total, free, used;
};
struct FakeUtilization {
  unsigned gpu, memory;
};

int nvmlInit_v2() {
  return 0;
}
int nvmlShutdown() {
  return 0;
}
int nvmlSystemGetDriverVersion(char* to, unsigned size) {
  return write(to, size, "580.65.06");
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned number, void** device) {
  if (number > 1) return 2;  // NVML_ERROR_INVALID_ARGUMENT
  *device = reinterpret_cast<void*>(std::intptr_t(number) + 1);
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  if (std::strcmp(uuid, "MIG-2") != 0) return 6;  // NVML_ERROR_NOT_FOUND
  *device = reinterpret_cast<void*>(std::intptr_t(2));
  return 0;
}
int nvmlDeviceGetName(void* device, char* to, unsigned size) {
  return write(to, size, number_of(device) == 0 ? "Small GPU" : "Large GPU");
}
int nvmlDeviceGetUUID(void*, char* to, unsigned size) {
  return write(to, size, "GPU-1");
}
int nvmlDeviceGetMemoryInfo(void* device, FakeMemory* memory) {
  *memory = {(number_of(device) + 1ULL) << 30, 0, (number_of(device) + 1ULL) << 20};
  return 0;
}
int nvmlDeviceGetUtilizationRates(void* device, FakeUtilization* rates) {
  if (number_of(device) == 1) return 3;  // NVML_ERROR_NOT_SUPPORTED
  *rates = {73, 20};
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void*, int* major, int* minor) {
  *major = 9;
  *minor = 0;
  return 0;
}
int nvmlDeviceGetMigMode(void* device, unsigned* now, unsigned* next) {
  *now = *next = number_of(device) == 1 ? 1 : 0;
  return 0;
}
}
