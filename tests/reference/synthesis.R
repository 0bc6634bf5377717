# Reference values for tests/test_synthesis.py: the pools of the review's own cohorts.
# Run from the root of the review: Rscript tests/reference/synthesis.R
# Needs metafor and lme4; the stored values were made with the versions in meta_versions.txt.

suppressPackageStartupMessages({
  library(metafor)
  library(lme4)
})
# Counted by hand from Jia 2022, Table 1, and the review's Table 6, rows 3, 4, 9, 12 and 2.
primary <- list(y = c(5, 6, 1, 1, 1), n = c(18, 32, 19, 14, 21))
less <- function(i) list(y = primary$y[-i], n = primary$n[-i])
more <- function(y, n) list(y = c(primary$y, y), n = c(primary$n, n))
swapped <- primary
swapped$n[3] <- 29
sets <- list(
  primary = primary, without_chinese = less(1:2),
  without_sintilimab = less(1), without_spartalizumab = less(5),
  pembrolizumab_29 = swapped, nivolumab_46 = more(3, 46), nivolumab_42 = more(3, 42),
  avelumab_none_16 = more(0, 16), avelumab_all_19 = more(2, 19)
)
rows <- do.call(rbind, lapply(names(sets), function(name) {
  s <- sets[[name]]
  one <- function(fit, model) {
    p <- suppressWarnings(predict(fit, transf = transf.ilogit))
    data.frame(set = name, model = model, estimate = p$pred, low = p$ci.lb, high = p$ci.ub,
               pi_low = p$pi.lb, pi_high = p$pi.ub, tau2 = fit$tau2)
  }
  glmm <- rma.glmm(measure = "PLO", xi = s$y, ni = s$n, nAGQ = 25, test = "t")
  logit <- rma(measure = "PLO", xi = s$y, ni = s$n, add = 1 / 2, to = "only0", test = "adhoc")
  rbind(one(glmm, "glmm_t"), one(logit, "logit_adhoc"))
}))
profile_of <- function(s) {
  data <- data.frame(y = s$y, n = s$n, trial = factor(seq_along(s$y)))
  fit <- glmer(cbind(y, n - y) ~ 1 + (1 | trial), data = data, family = binomial, nAGQ = 25)
  limits <- suppressWarnings(confint(fit, parm = "beta_", method = "profile", quiet = TRUE))
  data.frame(set = "primary", model = "lme4_profile", estimate = plogis(fixef(fit)[[1]]),
             low = plogis(limits[1]), high = plogis(limits[2]), pi_low = NA, pi_high = NA,
             tau2 = VarCorr(fit)$trial[1])
}
rows <- rbind(rows, profile_of(primary))

# The p value of the likelihood-ratio test of tau2 = 0, by lme4's deviance at its fit and at zero;
# half that of chi-squared with one degree of freedom, since zero is the end of the range.
spread_of <- function(name) {
  s <- sets[[name]]
  data <- data.frame(y = s$y, n = s$n, trial = factor(seq_along(s$y)))
  fit <- suppressMessages(
    glmer(cbind(y, n - y) ~ 1 + (1 | trial), data = data, family = binomial, nAGQ = 25))
  deviance_at <- update(fit, devFunOnly = TRUE)
  ratio <- deviance_at(c(0, qlogis(sum(s$y) / sum(s$n)))) -
    deviance_at(c(getME(fit, "theta"), fixef(fit)))
  p <- if (ratio < 1e-8) 1 else pchisq(ratio, 1, lower.tail = FALSE) / 2
  data.frame(set = name, tau2 = VarCorr(fit)$trial[1], ratio = ratio, p = p)
}
spread <- do.call(rbind, lapply(names(sets), spread_of))

# NEC against NET in the three trials of monotherapy; the randomised trial by site.
table_of <- function(...) array(c(...), c(2, 2, length(c(...)) / 4))
# Columns of each table: responders and others of the first group, then of the second.
strata <- list(
  nec_net = table_of(5, 13, 0, 6, 6, 26, 2, 6, 1, 20, 7, 88),
  randomised = table_of(5, 38, 3, 39, 8, 36, 3, 38)
)
odds <- do.call(rbind, lapply(names(strata), function(name) {
  t <- strata[[name]]
  mh <- mantelhaen.test(t, correct = FALSE)
  exact <- mantelhaen.test(t, exact = TRUE)
  ai <- t[1, 1, ]; bi <- t[2, 1, ]; ci <- t[1, 2, ]; di <- t[2, 2, ]
  rd <- rma.mh(ai = ai, bi = bi, ci = ci, di = di, measure = "RD", correct = FALSE)
  data.frame(set = name, mh = mh$estimate[[1]], mh_low = mh$conf.int[1], mh_high = mh$conf.int[2],
             exact = exact$estimate[[1]], exact_low = exact$conf.int[1],
             exact_high = exact$conf.int[2], exact_p = exact$p.value, rd = rd$beta[[1]])
}))
write <- function(table, file) {
  table[] <- lapply(table, function(x) if (is.numeric(x)) ifelse(is.na(x), "", sprintf("%.15g", x)) else x)
  write.csv(table, file.path("tests", "reference", file), row.names = FALSE, quote = FALSE, eol = "\n")
}
write(rows, "synthesis_pools.csv")
write(spread, "synthesis_spread.csv")
write(odds, "synthesis_strata.csv")
