// Resampling by soxr, of a whole signal or of a part of one.
//
// Threads: pure functions. Errors: invalid: rates that soxr cannot bring together; those of AudioFile.
#pragma once

#include <cstddef>
#include <vector>

#include "core/result.hpp"
#include "worker/extractor/waveform.hpp"

namespace mer::extractor {

// At its high quality (HQ); ceil(samples * to / from) samples. The rate that it has already: as it is.
Result<Waveform> resampled(Waveform wave, int rate);
std::size_t resampled_length(std::size_t samples, int from, int to);

// Samples of what resampled() makes of the whole file, within 1e-6 of full scale: reads and resamples no more of it
// than they come from. REQUIRES: begin <= end <= resampled_length().
Result<Waveform> resampled_part(AudioFile& file, int rate, Stretch wanted);

}  // namespace mer::extractor
