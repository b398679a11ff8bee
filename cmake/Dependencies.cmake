# Every outside library, in one place. Debian packages but for LibTorch (tools/setup.sh unpacks its wheel).
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers of Boost.Math
find_package(Eigen3 3.4 REQUIRED NO_MODULE)  # headers
find_package(nlohmann_json 3.11 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy>=1.0.3)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET libzmq>=4.3)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip>=1.7.3)
pkg_check_modules(sndfile REQUIRED IMPORTED_TARGET sndfile>=1.0.31)
if(MER_TRAINER)
  pkg_check_modules(soxr REQUIRED IMPORTED_TARGET soxr>=0.1.3)
  pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc>=2.5)
endif()
if(MER_TESTS)
  find_package(GTest 1.12 REQUIRED)
  include(GoogleTest)
endif()
if(MER_BENCH)
  find_package(benchmark REQUIRED)
endif()

if(MER_TRAINER)
  if(NOT EXISTS "${MER_TORCH_DIR}/lib/libtorch_cpu.so")
    message(FATAL_ERROR "LibTorch is not in ${MER_TORCH_DIR}: run tools/setup.sh, or pass -DMER_TORCH_DIR=DIR "
                        "(an unpacked torch 2.11.0 wheel), or -DMER_TRAINER=OFF")
  endif()
  add_library(mer_torch INTERFACE)
  target_include_directories(mer_torch SYSTEM INTERFACE
    "${MER_TORCH_DIR}/include" "${MER_TORCH_DIR}/include/torch/csrc/api/include")
  target_link_directories(mer_torch INTERFACE "${MER_TORCH_DIR}/lib")
  target_link_libraries(mer_torch INTERFACE
    -Wl,--no-as-needed "${MER_TORCH_DIR}/lib/libtorch_cpu.so" "${MER_TORCH_DIR}/lib/libc10.so" -Wl,--as-needed)
  target_link_options(mer_torch INTERFACE "-Wl,-rpath,${MER_TORCH_DIR}/lib" "-Wl,--disable-new-dtags"
    "-Wl,--allow-shlib-undefined")
endif()
