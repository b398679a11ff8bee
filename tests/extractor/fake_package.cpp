#include "tests/extractor/fake_package.hpp"

#include <fstream>
#include <sys/utsname.h>

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;

}  // namespace

FakePackage::FakePackage() {
  for (const char* name :
       {"compare/ComParE_2016.conf", "egemaps/v02/eGeMAPSv02.conf", "shared/standard_external_wave_input.conf.inc",
        "shared/standard_external_data_output_single.conf.inc", "shared/BufferModeRb.conf.inc",
        "shared/FrameModeFunctionals.conf.inc"}) {
    fs::create_directories(config(name).parent_path());
    std::ofstream(config(name)) << name << '\n';
  }
  fs::create_directories(library().parent_path());
  fs::copy_file(MER_BINARY_DIR "/tests/fake_smile.so", library());
  fs::create_directory(site() / "opensmile-9.8.7.dist-info");
}

fs::path FakePackage::config(const std::string& name) const {
  return fs::path(folder()) / "core" / "config" / name;
}

fs::path FakePackage::library() const {
  utsname machine{};
  ::uname(&machine);
  return fs::path(folder()) / "core" / "bin" / ("linux_" + std::string(machine.machine)) / "libSMILEapi.so";
}

}  // namespace mer::extractor
