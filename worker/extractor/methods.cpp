#include <algorithm>
#include <utility>

#include "core/quoting.hpp"
#include "model/device/gpu.hpp"
#include "worker/extractor/acoustic_methods.hpp"
#include "worker/extractor/bert_method.hpp"
#include "worker/extractor/hashed_text.hpp"
#include "worker/extractor/method.hpp"
#include "worker/extractor/smile_method.hpp"

namespace mer::extractor {
namespace {

constexpr double kShareOfGpu = 1;

using Made = Result<std::unique_ptr<const Method>>;

template <std::unique_ptr<const Method> (*make)()>
Made plain(const MethodOptions&) {
  return make();
}

Made bert_of_model(const MethodOptions& options) {
  if (options.device == DeviceChoice::cpu) return make_bert(options.model);
  auto gpu = model::open_gpu(kShareOfGpu);
  if (gpu) return make_bert(options.model, std::move(gpu).value());
  if (options.device == DeviceChoice::automatic) return make_bert(options.model);
  return invalid("--device cuda, but no GPU can be used: " + gpu.error().message +
                 "; `merctl doctor` examines this machine; else leave out --device, or name cpu");
}

enum class Needs { nothing, model, opensmile };

struct Row {
  Method::Input input;
  const char* name;
  Made (*make)(const MethodOptions&);
  Needs needs = Needs::nothing;
};

constexpr Row kMethods[] = {
    {Method::Input::audio, "mfcc", plain<make_mfcc>},
    {Method::Input::audio, "logmel", plain<make_logmel>},
    {Method::Input::audio, "compare2016", make_compare2016, Needs::opensmile},
    {Method::Input::audio, "egemaps", make_egemaps, Needs::opensmile},
    {Method::Input::text, "hash", plain<make_hashed_text>},
    {Method::Input::text, "bert", bert_of_model, Needs::model},
};

}  // namespace

std::vector<std::string> method_names(Method::Input input) {
  std::vector<std::string> names;
  for (const Row& row : kMethods) {
    if (row.input == input) names.emplace_back(row.name);
  }
  return names;
}

Result<std::unique_ptr<const Method>> method_named(Method::Input input, const std::string& name,
                                                   const MethodOptions& options) {
  const auto* const row =
      std::ranges::find_if(kMethods, [&](const Row& each) { return each.input == input && each.name == name; });
  const std::string option = input == Method::Input::audio ? "--audio" : "--text";
  if (row == std::end(kMethods)) {
    return invalid(option + " " + quote(name) + " is no method, expected one of " + quote_list(method_names(input)));
  }
  if (row->needs == Needs::model && options.model.empty()) {
    return invalid(option + " " + name + " wants a model: --model and its folder");
  }
  if (row->needs != Needs::model && !options.model.empty()) {
    return invalid(option + " " + name + " has no model: leave out --model, or name another method");
  }
  if (row->needs != Needs::model && options.device != DeviceChoice::automatic) {
    return invalid(option + " " + name + " is computed on the CPU: leave out --device, or name another method");
  }
  if (row->needs != Needs::opensmile && !options.opensmile.empty()) {
    return invalid(option + " " + name +
                   " is not computed by openSMILE: leave out --opensmile, or name another method");
  }
  return row->make(options);
}

}  // namespace mer::extractor
