/* Preloaded: the folder $MER_TEST_NETWORK is on NFS, as statfs(2) has it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

static int counts(const char* path) {
  const char* folder = getenv("MER_TEST_NETWORK");
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

int statfs(const char* path, struct statfs* facts) {
  int (*real)(const char*, struct statfs*) = (int (*)(const char*, struct statfs*))dlsym(RTLD_NEXT, "statfs");
  const int result = real(path, facts);
  if (result == 0 && counts(path)) facts->f_type = 0x6969;
  return result;
}

int statfs64(const char* path, struct statfs64* facts) {
  int (*real)(const char*, struct statfs64*) = (int (*)(const char*, struct statfs64*))dlsym(RTLD_NEXT, "statfs64");
  const int result = real(path, facts);
  if (result == 0 && counts(path)) facts->f_type = 0x6969;
  return result;
}
