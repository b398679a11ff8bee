// The gang's trainers as processes of the test program.
#pragma once

namespace mer::trainer {

// True if the program was started as one, whose exit code it then is.
bool runs_as_trainer(int argc, char** argv, int& exit_code);

}  // namespace mer::trainer
