// Carries the precompiled header; nothing to compile.
