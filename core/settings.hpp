// Settings of one configuration: every hyperparameter of the model and of its training, resolved.
//
// The fields, their sweep file paths, defaults, ranges and descriptions stand in one table (core/fields.cpp); these
// structs are what the rest of the code reads. Defaults here and there are equal: a test compares them.
// Threads: plain values.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mer {

enum class Recurrent { gru, bigru, lstm, bilstm };
enum class RecurrentWidth { split, full };  // split: hidden in all; full: hidden per direction, projected to hidden
enum class AttentionForm { multi_head, bilinear };
enum class EncoderForm { sigmoid, linear };
enum class SimilarityNorm { l2, squared_l2 };
enum class DifferenceForm { normalised, literal };
enum class OptimizerKind { adam, adamw, sgd };
enum class Dtype { float32, float64 };

// Paper section 3; each reading of it is a field, the default first (docs/paper_map.md).
struct ModelSettings {
  std::vector<std::string> modalities = {"audio", "text"};
  int hidden = 100;                            // d, Table 2; multiple of heads, even
  int heads = 4;                               // h, Table 2
  double dropout = 0.2;                        // p, Table 2; [0, 1)
  Recurrent recurrent = Recurrent::bigru;      // section 3.3
  bool self_attention = true;                  // section 3.3; false: the baselines of Tables 5 and 7
  std::optional<bool> auxiliary_loss = true;   // eq 1-3; nullopt = "n/a": one modality
  std::optional<bool> subspace = true;         // eq 4-9; nullopt = "n/a": one modality
  std::optional<bool> cross_attention = true;  // eq 10-11; nullopt = "n/a": one modality
  double alpha = 0.1;                          // eq 9
  double beta = 0.1;                           // eq 13
  RecurrentWidth recurrent_width = RecurrentWidth::split;
  AttentionForm self_attention_form = AttentionForm::multi_head;
  bool self_attention_residual = false;
  EncoderForm encoder = EncoderForm::sigmoid;              // eq 4
  SimilarityNorm similarity_norm = SimilarityNorm::l2;     // eq 5
  int similarity_moments = 5;                              // K of eq 5; at least 1
  DifferenceForm difference = DifferenceForm::normalised;  // eq 6
  bool cross_attention_residual = false;
  bool cross_attention_feed_forward = false;
  bool cross_attention_positions = false;

  bool operator==(const ModelSettings&) const = default;
};

struct TrainSettings {
  int epochs = 150;          // Table 2
  int batch_dialogues = 20;  // b, Table 2
  OptimizerKind optimizer = OptimizerKind::adam;
  double learning_rate = 1e-4;
  double weight_decay = 1e-5;                        // w, Table 2: coupled L2
  std::vector<std::string> standardise = {"audio"};  // modalities z-scored with the fold's training rows
  int evaluate_every = 1;                            // epochs; the last epoch is always evaluated
  Dtype dtype = Dtype::float32;

  bool operator==(const TrainSettings&) const = default;
};

// Name of an enumerator as it stands in sweep files, e.g. "bigru", "multi-head", "squared-l2"; and back.
std::string to_string(Recurrent);
std::string to_string(RecurrentWidth);
std::string to_string(AttentionForm);
std::string to_string(EncoderForm);
std::string to_string(SimilarityNorm);
std::string to_string(DifferenceForm);
std::string to_string(OptimizerKind);
std::string to_string(Dtype);

// The section's JSON object with every field present ("n/a" for a nullopt), keys as in the sweep file. from_json
// REQUIRES an object that has been checked (core/fields.hpp) or was written by to_json; it throws nlohmann's
// exceptions or std::invalid_argument otherwise, which the frame and file readers turn into an Error.
void to_json(nlohmann::json&, const ModelSettings&);
void from_json(const nlohmann::json&, ModelSettings&);
void to_json(nlohmann::json&, const TrainSettings&);
void from_json(const nlohmann::json&, TrainSettings&);

// A section's object without the keys that stand at their default: what hashes cover, so that a field that is added
// later changes no old hash.
nlohmann::json without_defaults(const nlohmann::json& section, const nlohmann::json& defaults);

}  // namespace mer
