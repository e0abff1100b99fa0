//! See the target `page` of `tests/hostile`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tidemark_test_hostile::read("page", bytes));
