# Reference values for tests/test_synthesis.py: the pools of the review's own cohorts.
# Run from the root of the review: Rscript tests/reference/synthesis.R
# Needs metafor and lme4; the stored values were made with the versions in meta_versions.txt.

suppressPackageStartupMessages({
  library(metafor)
  library(lme4)
})
# Counted by hand: the first two from Jia 2022, Table 1; of the review's Table 6 rows 3, 4, 9, 12
# and 2. The final reports of pembrolizumab alone (7% of 14) and of spartalizumab (4.8% of 21) give
# the same counts as rows 4 and 9. Since the first edition the small cell carcinomas of the lower
# genital tract have joined: one with stable disease and six with progression of seven.
first <- list(y = c(5, 6, 1, 1, 1), n = c(18, 32, 19, 14, 21))
primary <- list(y = c(first$y, 0), n = c(first$n, 7))
# NET: sintilimab, toripalimab (40 less 32, 25.0%), KEYNOTE-158, KEYNOTE-028 carcinoid and
# pancreatic, spartalizumab (7.4% of 95).
net <- list(y = c(0, 2, 4, 3, 1, 7), n = c(6, 8, 107, 25, 16, 95))
less <- function(i, of = primary) list(y = of$y[-i], n = of$n[-i])
more <- function(y, n, of = primary) list(y = c(of$y, y), n = c(of$n, n))
swapped <- function(i, y, n) {
  s <- primary
  s$y[i] <- y
  s$n[i] <- n
  s
}
sets <- list(
  primary = primary, without_chinese = less(1:2),
  first = first, first_without_chinese = less(1:2, first),
  without_sintilimab = less(1), without_spartalizumab = less(5),
  pembrolizumab_29 = swapped(3, 1, 29), assessed = swapped(1, 5, 15),
  mixed_none = swapped(1, 5, 17), mixed_responded = swapped(1, 4, 17),
  nivolumab_46 = more(3, 46), nivolumab_42 = more(3, 42), nivolumab_rest = more(7, 46),
  avelumab_none_16 = more(0, 16, first), avelumab_all_19 = more(2, 19, first),
  avenec_none = more(0, 38), avenec_all = more(3, 38),
  fewest = more(c(3, 0), c(46, 38)), most = more(c(7, 3), c(46, 38)),
  net_001 = more(0, 10), avenec_undivided = more(3, 60), pembro_nec = more(0, 6),
  undivided = more(c(3, 0), c(60, 6)),
  net = net, net_without_sintilimab = less(1, net), net_without_toripalimab = less(2, net),
  net_without_keynote_158 = less(3, net), net_without_carcinoid = less(4, net),
  net_without_pancreatic = less(5, net), net_without_spartalizumab = less(6, net),
  net_without_pd_l1 = less(4:5, net), net_without_chinese = less(1:2, net),
  net_by_trial = list(y = c(0, 2, 4, 4, 7), n = c(6, 8, 107, 41, 95)),
  net_by_site = list(y = c(0, 2, 4, 3, 1, 5, 1, 1), n = c(6, 8, 107, 25, 16, 30, 32, 33)),
  net_net_002 = more(0, 17, net), net_avenec_none = more(0, 22, net),
  net_avenec_all = more(3, 22, net)
)
rows <- do.call(rbind, lapply(names(sets), function(name) {
  s <- sets[[name]]
  one <- function(fit, model) {
    back <- function(...) suppressWarnings(predict(fit, transf = transf.ilogit, ...))
    p <- back()
    # In this version "riley" is t(k - 2), by Higgins, Thompson & Spiegelhalter 2009.
    h <- back(pi.type = "riley")
    by_hand <- transf.ilogit(fit$beta[1] + c(-1, 1) * qt(.975, fit$k - 2) * sqrt(fit$se^2 + fit$tau2))
    stopifnot(isTRUE(all.equal(c(h$pi.lb, h$pi.ub), by_hand)))
    data.frame(set = name, model = model, estimate = p$pred, low = p$ci.lb, high = p$ci.ub,
               pi_low = p$pi.lb, pi_high = p$pi.ub, higgins_low = h$pi.lb, higgins_high = h$pi.ub,
               tau2 = fit$tau2)
  }
  glmm <- rma.glmm(measure = "PLO", xi = s$y, ni = s$n, nAGQ = 25, test = "t")
  logit <- rma(measure = "PLO", xi = s$y, ni = s$n, add = 1 / 2, to = "only0", test = "adhoc")
  rbind(one(glmm, "glmm_t"), one(logit, "logit_adhoc"))
}))
# Profile limits from lme4's own deviance, solved to full precision; confint() goes by a spline.
profile_of <- function(name, s = sets[[name]]) {
  data <- data.frame(y = s$y, n = s$n, trial = factor(seq_along(s$y)))
  model <- cbind(y, n - y) ~ 1 + (1 | trial)
  fit <- suppressMessages(glmer(model, data = data, family = binomial, nAGQ = 25))
  deviance_at <- glmer(model, data = data, family = binomial, nAGQ = 25, devFunOnly = TRUE)
  least <- function(m) min(deviance_at(c(0, m)),
                           optimize(function(theta) deviance_at(c(theta, m)), c(0, 5), tol = 1e-9)$objective)
  best <- optimize(least, fixef(fit)[[1]] + c(-.5, .5), tol = 1e-9)
  limit <- function(side) {
    uniroot(function(m) least(m) - best$objective - qchisq(.95, 1), best$minimum + c(0, side), tol = 1e-9)$root
  }
  data.frame(set = name, model = "lme4_profile", estimate = plogis(best$minimum),
             low = plogis(limit(-4)), high = plogis(limit(4)), pi_low = NA, pi_high = NA,
             higgins_low = NA, higgins_high = NA, tau2 = VarCorr(fit)$trial[1])
}
rows <- rbind(rows, do.call(rbind, lapply(names(sets), profile_of)))
# Two inhibitors in treated NET: the three cohorts of durvalumab with tremelimumab.
combined <- profile_of("two_inhibitors_net", list(y = c(2, 0, 2), n = c(27, 31, 32)))

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
write(combined, "synthesis_combinations.csv")
write(spread, "synthesis_spread.csv")
write(odds, "synthesis_strata.csv")
