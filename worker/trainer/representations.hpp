// The representations of a trial's test part under its final weights, kept when the sweep says
// `"record": {"representations": true}`: <store>/representations/<trial>/<attempt>.safetensors.
//
// Tensors: those of model/named_tensors.hpp for Representations, [utterances, width], and "utterance", int64
// [utterances]: the row of utterances.csv; ascending, the order of the trial's predictions.
// Threads: one thread owns the model. Errors: no_space, io; the file is complete or absent.
#pragma once

#include <string>

#include "core/result.hpp"
#include "model/named_tensors.hpp"
#include "worker/trainer/evaluator.hpp"

namespace mer::trainer {

// On the CPU, contiguous. The task's slot alone takes part. device: where the model is, nullptr: on the CPU. Every
// member of a gang has all rows.
model::NamedTensors representations_of(model::StackedModel& model, const JobInput& input, const EvaluationTask& task,
                                       model::DeviceSteps* device = nullptr, Gang* gang = nullptr);

Status write_representations(const std::string& store, const TrialJob& trial, const model::NamedTensors& tensors);

}  // namespace mer::trainer
