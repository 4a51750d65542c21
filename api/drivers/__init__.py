"""Which words and phrases set reviews apart, and which words of one review moved its score."""
