#include "worker/extractor/smile_library.hpp"

#include <array>
#include <climits>
#include <dlfcn.h>

namespace mer::extractor::smile {
namespace {

constexpr const char* kSource = "extsource";
constexpr const char* kSink = "extsink";
constexpr int kLogLevel = 2;

bool collect(const float* values, long count, void* user) {
  auto& all = *static_cast<std::vector<float>*>(user);
  all.insert(all.end(), values, values + count);
  return true;
}

}  // namespace

Result<Library> Library::load(const std::filesystem::path& file) {
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return Error{ErrorCode::not_found, std::string("openSMILE cannot be loaded: ") + ::dlerror()};
  std::string absent;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
    if (function == nullptr) absent = name;
  };
  Library library;
  find(library.make, "smile_new");
  find(library.initialize, "smile_initialize");
  find(library.run, "smile_run");
  find(library.destroy, "smile_free");
  find(library.write, "smile_extaudiosource_write_data");
  find(library.end_input, "smile_extaudiosource_set_external_eoi");
  find(library.set_sink, "smile_extsink_set_data_callback");
  find(library.count_elements, "smile_extsink_get_num_elements");
  find(library.element_name, "smile_extsink_get_element_name");
  find(library.last_error, "smile_error_msg");
  if (absent.empty()) return library;
  return Error{ErrorCode::not_found, file.string() + ": has no function " + absent + ", expected openSMILE 3"};
}

Result<Session> Session::open(const Library& library, const std::filesystem::path& configs, const std::string& config,
                              std::uint32_t rate) {
  Session session(library, Handle(library.make(), library.destroy));
  if (!session.handle_) return Error{ErrorCode::internal, "openSMILE cannot begin: smile_new failed"};
  const std::filesystem::path shared = configs / "shared";
  const std::string file = (configs / (config + ".conf")).string();
  const std::string source = (shared / "standard_external_wave_input.conf.inc").string();
  const std::string sink = (shared / "standard_external_data_output_single.conf.inc").string();
  const std::string buffers = (shared / "BufferModeRb.conf.inc").string();
  const std::string frames = (shared / "FrameModeFunctionals.conf.inc").string();
  const std::string hertz = std::to_string(rate);
  const std::array<Library::Option, 7> options{{{"source", source.c_str()},
                                                {"sink", sink.c_str()},
                                                {"sinkLevel", "func"},
                                                {"bufferModeRbConf", buffers.c_str()},
                                                {"frameModeFunctionalsConf", frames.c_str()},
                                                {"sampleRate", hertz.c_str()},
                                                {"nBits", "16"}}};
  MER_TRY(session.done(library.initialize(session.handle_.get(), file.c_str(), int(options.size()), options.data(),
                                          kLogLevel, 0, 0, nullptr),
                       "open " + file + " for " + hertz + " Hz"));
  return session;
}

Result<std::vector<std::string>> Session::names() const {
  long count = 0;
  MER_TRY(done(library_->count_elements(handle_.get(), kSink, &count), "count its features"));
  std::vector<std::string> names;
  for (long i = 0; i < count; ++i) {
    const char* name = nullptr;
    MER_TRY(done(library_->element_name(handle_.get(), kSink, i, &name), "name its features"));
    names.emplace_back(name == nullptr ? "" : name);
  }
  return names;
}

Result<std::vector<float>> Session::features(std::span<const std::int16_t> samples) {
  if (samples.size_bytes() > std::size_t(INT_MAX)) {
    return invalid(std::to_string(samples.size()) + " samples, openSMILE takes at most " +
                   std::to_string(std::size_t(INT_MAX) / sizeof(std::int16_t)));
  }
  std::vector<float> features;
  void* const handle = handle_.get();
  MER_TRY(done(library_->set_sink(handle, kSink, collect, &features), "take its features"));
  MER_TRY(done(library_->write(handle, kSource, samples.data(), int(samples.size_bytes())), "take the sound"));
  MER_TRY(done(library_->end_input(handle, kSource), "end the sound"));
  MER_TRY(done(library_->run(handle), "compute"));
  return features;
}

Status Session::done(int result, const std::string& what) const {
  if (result == 0) return {};
  const char* const said = library_->last_error(handle_.get());
  std::string message = "openSMILE cannot " + what + ": error " + std::to_string(result);
  if (said != nullptr && *said != '\0') message += std::string(", ") + said;
  return invalid(std::move(message));
}

}  // namespace mer::extractor::smile
