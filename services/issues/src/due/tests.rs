//! Due.
