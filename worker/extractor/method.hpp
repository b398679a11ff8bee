// Method: how the features of one utterance are computed. The table of all of them is method_named().
//
// A method that is new is a class of this kind, a row of that table, and a name in data/feature_methods.hpp. Threads:
// any may call it. Errors: invalid: why this input has no features; the caller names the utterance.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/trial.hpp"

namespace mer::extractor {

class Method {
 public:
  enum class Input { audio, text };

  Method() = default;
  virtual ~Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;

  virtual int dim() const = 0;
  virtual std::vector<std::string> names() const { return {}; }  // of the numbers; empty: they have none
  // Everything that decides the numbers, but for the input and the versions; stands in corpus.json.
  virtual nlohmann::json parameters() const = 0;
  virtual nlohmann::json versions() const = 0;  // of the libraries that compute: {"libsoxr": "0.1.3"}
  // `input`: the bytes of the audio file, or the transcript. As many numbers as dim() says.
  virtual Result<std::vector<float>> features(std::string_view input) const = 0;

  // How many inputs are best computed together; and these together: a result for each, those of the same inputs in the
  // same order the same.
  virtual std::size_t inputs_at_once() const { return 1; }
  virtual std::vector<Result<std::vector<float>>> features_of(std::span<const std::string> inputs) const {
    std::vector<Result<std::vector<float>>> results;
    for (const std::string& input : inputs) results.push_back(features(input));
    return results;
  }
};

// The names of the methods for this kind of input.
std::vector<std::string> method_names(Method::Input input);

struct MethodOptions {
  std::string model = {};      // folder of the model, for a method that has one
  std::string opensmile = {};  // where the package is, for a method by openSMILE; empty: it is looked for
  std::string programs = {};   // folder of mer-smile
  DeviceChoice device = DeviceChoice::automatic;  // where a method with a model computes
};

// Error invalid: there is none of this name for this kind of input; names those that there are. Or it wants a model, or
// wants none; or those of the model, or of openSMILE.
Result<std::unique_ptr<const Method>> method_named(Method::Input input, const std::string& name,
                                                   const MethodOptions& options);

}  // namespace mer::extractor
