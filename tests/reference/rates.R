# Reference values for tests/test_rate.py and tests/test_twobytwo.py, with base R alone.
# Run from the root of the review: Rscript tests/reference/rates.R
# The stored values were made with R 4.2.2.

folder <- file.path("tests", "reference")
columns <- function(text, names) {
  matrix(scan(text = text, quiet = TRUE), ncol = length(names), byrow = TRUE,
         dimnames = list(NULL, names))
}
write_table <- function(rows, file) {
  formatted <- apply(rows, c(1, 2), function(x) sprintf("%.15g", x))
  write.csv(formatted, file.path(folder, file), row.names = FALSE, quote = FALSE, eol = "\n")
}
wilson_limits <- function(events, n, level) {
  suppressWarnings(prop.test(events, n, conf.level = level, correct = FALSE)$conf.int)
}

rates <- columns("
  0 1 .95       1 1 .95      1 2 .95       0 5 .95       5 5 .95       2 3 .95
  3 4 .95       0 6 .95      2 8 .95       1 10 .95      3 11 .95      3 16 .95
  5 18 .95      8 18 .95     17 18 .95     0 20 .95      20 20 .95     1 21 .95
  5 24 .95      10 24 .95    17 24 .95     24 24 .95     2 29 .95      1 29 .95
  6 32 .95      5 119 .95    15 148 .95    116 170 .95   81 263 .95    0 1000 .95
  1 1000 .95    500 1000 .95 1000 1000 .95 9999 10000 .95
  5 18 .80      5 18 .90     5 18 .99      0 6 .99       29 29 .90",
  c("events", "n", "level"))
rates <- t(apply(rates, 1, function(r) {
  events <- r[["events"]]; n <- r[["n"]]; level <- r[["level"]]
  exact <- binom.test(events, n, conf.level = level)$conf.int
  wilson <- wilson_limits(events, n, level)
  c(r, exact_low = exact[1], exact_high = exact[2], wilson_low = wilson[1], wilson_high = wilson[2])
}))
write_table(rates, "rates.csv")

# fisher.test() finds the odds ratio and its limits to two to four digits only. The same
# equations are solved here to full precision, and fisher.test() must agree within 1%.
odds_ratio <- function(x, level) {
  m <- sum(x[, 1]); n <- sum(x[, 2]); k <- sum(x[1, ]); observed <- x[1, 1]
  support <- max(0, k - n):min(k, m)
  density <- function(log_odds) {
    d <- dhyper(support, m, n, k, log = TRUE) + log_odds * support
    d <- exp(d - max(d))
    d / sum(d)
  }
  solve_for <- function(f) exp(uniroot(f, c(-60, 60), tol = 1e-14, maxiter = 10000)$root)
  tail <- (1 - level) / 2
  lowest <- observed == min(support)
  highest <- observed == max(support)
  c(odds_ratio = if (lowest && highest) NaN else if (lowest) 0 else if (highest) Inf else
      solve_for(function(t) sum(support * density(t)) - observed),
    odds_low = if (lowest) 0 else
      solve_for(function(t) sum(density(t)[support >= observed]) - tail),
    odds_high = if (highest) Inf else
      solve_for(function(t) sum(density(t)[support <= observed]) - tail))
}

tables <- columns("
  2 3 2 8 .95       5 18 0 6 .95      0 6 5 18 .95      5 10 3 28 .95     3 4 5 31 .95
  56 70 48 80 .95   9 10 3 10 .95     0 10 0 20 .95     10 10 0 20 .95    10 10 20 20 .95
  1 1 0 1 .95       2 17 10 13 .95    3 4 1 4 .95       5 18 6 32 .95     1 21 2 29 .95
  6 32 2 29 .95     3 15 3 15 .95     100 200 50 200 .95  2 3 2 8 .90     5 18 0 6 .99",
  c("first_events", "first_n", "second_events", "second_n", "level"))
tables <- t(apply(tables, 1, function(r) {
  a <- r[["first_events"]]; m <- r[["first_n"]]; b <- r[["second_events"]]; n <- r[["second_n"]]
  level <- r[["level"]]
  x <- matrix(c(a, b, m - a, n - b), nrow = 2)
  test <- fisher.test(x, conf.level = level)
  solved <- odds_ratio(x, level)
  if (!is.nan(solved[["odds_ratio"]])) {
    stopifnot(isTRUE(all.equal(unname(solved), c(test$estimate, test$conf.int),
                               tolerance = 0.01, check.attributes = FALSE)))
  }
  # Newcombe 1998, Stat Med 17:873, method 10, from the Wilson limits of each rate.
  first <- wilson_limits(a, m, level); second <- wilson_limits(b, n, level)
  difference <- a / m - b / n
  c(r, fisher_p = test$p.value, solved,
    difference_low = difference - sqrt((a / m - first[1])^2 + (second[2] - b / n)^2),
    difference_high = difference + sqrt((first[2] - a / m)^2 + (b / n - second[1])^2))
}))
write_table(tables, "twobytwo.csv")
