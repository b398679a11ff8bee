# The store's benchmark; needs no LibTorch.
mer_program(bench_store
  SOURCES bench_store.cpp
  LINK mer_storage)
