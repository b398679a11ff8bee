"""What a user would pick instead of mer: the same model in PyTorch, and four ways to train twelve folds of it."""
