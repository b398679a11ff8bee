// A stand-in for openSMILE's library: three features, which are the rate, the number of samples and their sum. What the
// first sample is decides what goes wrong (tests/extractor/smile_test.cpp). Fewer than 100 samples have no features.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

using Sink = bool (*)(const float*, long, void*);

struct Option {
  const char* name;
  const char* value;
};

struct Smile {
  std::map<std::string, std::string> options;
  std::string error;
  std::vector<std::int16_t> samples;
  Sink sink = nullptr;
  void* user = nullptr;
  bool ended = false, used = false;
};

int fail(Smile* smile, int code, const std::string& error) {
  smile->error = error;
  return code;
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

constexpr const char* kNames[] = {"rate", "samples", "sum"};
constexpr std::pair<const char*, const char*> kIncluded[] = {
    {"source", "/shared/standard_external_wave_input.conf.inc"},
    {"sink", "/shared/standard_external_data_output_single.conf.inc"},
    {"bufferModeRbConf", "/shared/BufferModeRb.conf.inc"},
    {"frameModeFunctionalsConf", "/shared/FrameModeFunctionals.conf.inc"}};

}  // namespace

extern "C" {

Smile* smile_new() {
  return new Smile;
}

void smile_free(Smile* smile) {
  delete smile;
}

const char* smile_error_msg(Smile* smile) {
  return smile->error.c_str();
}

int smile_initialize(Smile* smile, const char* config, int count, const Option* options, int, int, int console,
                     const char* log_file) {
  if (console != 0 || log_file != nullptr) return fail(smile, 2, "prints");
  for (int i = 0; i < count; ++i) smile->options[options[i].name] = options[i].value;
  for (const auto& [name, file] : kIncluded) {
    if (!ends_with(smile->options[name], file) || text_of(smile->options[name]).empty()) {
      return fail(smile, 6, std::string("no ") + name);
    }
  }
  if (smile->options["sinkLevel"] != "func" || smile->options["nBits"] != "16") return fail(smile, 6, "other options");
  const std::string text = text_of(config);
  if (text.empty()) return fail(smile, 6, "no such configuration");
  return text.find("broken") == std::string::npos ? 0 : fail(smile, 7, "the configuration is broken");
}

int smile_extaudiosource_write_data(Smile* smile, const char* component, const void* samples, int bytes) {
  if (std::string(component) != "extsource" || bytes == 0) return 2;
  const auto* const values = static_cast<const std::int16_t*>(samples);
  smile->samples.assign(values, values + bytes / 2);
  return 0;
}

int smile_extaudiosource_set_external_eoi(Smile* smile, const char* component) {
  smile->ended = true;
  return std::string(component) == "extsource" ? 0 : 4;
}

int smile_extsink_set_data_callback(Smile* smile, const char* component, Sink sink, void* user) {
  smile->sink = sink;
  smile->user = user;
  return std::string(component) == "extsink" ? 0 : 4;
}

int smile_extsink_get_num_elements(Smile*, const char*, long* count) {
  *count = 3;
  return 0;
}

int smile_extsink_get_element_name(Smile*, const char*, long index, const char** name) {
  *name = kNames[index];
  return 0;
}

int smile_run(Smile* smile) {
  if (smile->used || !smile->ended) return fail(smile, 3, "in the wrong state");
  smile->used = true;
  if (smile->samples.size() < 100) return 0;
  const int trouble = smile->samples[0];
  if (trouble == -1) std::raise(SIGKILL);
  if (trouble == -2) std::_Exit(3);
  if (trouble == -3) return fail(smile, 1, "had enough");
  float sum = 0;
  for (const std::int16_t sample : smile->samples) sum += sample;
  if (trouble == -5) sum = std::numeric_limits<float>::quiet_NaN();
  const float values[] = {float(std::atof(smile->options["sampleRate"].c_str())), float(smile->samples.size()), sum};
  smile->sink(values, trouble == -4 ? 2 : 3, smile->user);
  return 0;
}
}
