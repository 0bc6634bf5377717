# Reference values for tests/test_meta_*.py.
# Run from the root of the review: Rscript tests/reference/meta.R
# Needs metafor (with metadat), lme4, numDeriv and VGAM; in Debian r-cran-metafor, r-cran-lme4,
# r-cran-numderiv and r-cran-vgam. The stored values were made with the versions that the
# script writes to meta_versions.txt.

suppressPackageStartupMessages({
  library(metafor)
  library(lme4)
})
folder <- file.path("tests", "reference")
versions <- c(R = as.character(getRversion()), sapply(c("metafor", "metadat", "lme4", "numDeriv", "VGAM"),
              function(x) as.character(packageVersion(x))))
writeLines(paste(names(versions), versions), file.path(folder, "meta_versions.txt"))
write_rows <- function(rows, file) {
  table <- do.call(rbind, lapply(rows, function(r) {
    as.data.frame(lapply(r, function(x) if (is.numeric(x)) sprintf("%.15g", x) else x))
  }))
  table[] <- lapply(table, function(x) ifelse(is.na(x) | x %in% c("NA", "NaN"), "", x))
  write.csv(table, file.path(folder, file), row.names = FALSE, quote = FALSE, eol = "\n")
}
quietly <- function(x) suppressWarnings(suppressMessages(x))

# ---- data: events and n of each trial -------------------------------------------------------

simulated <- local({
  set.seed(20230601)
  n <- sample(8:120, 40, replace = TRUE)
  list(rbinom(40, n, plogis(rnorm(40, -1.7, 0.8))), n)
})
sets <- list(
  review = list(c(5, 6, 2, 1), c(18, 32, 29, 29)),
  pair = list(c(5, 6), c(18, 32)),
  far_pair = list(c(5, 116), c(119, 170)),
  pritz1997 = list(dat.pritz1997$xi, dat.pritz1997$ni),
  nielweise_control = list(dat.nielweise2007$ci, dat.nielweise2007$n2i),
  nielweise_treated = list(dat.nielweise2007$ai, dat.nielweise2007$n1i),
  debruin2009 = list(dat.debruin2009$xi, dat.debruin2009$ni),
  hannum2020 = list(dat.hannum2020$xi, dat.hannum2020$ni),
  miller1978 = list(c(3, 6, 10, 1), c(11, 17, 21, 6)),
  one_event = list(c(0, 0, 0, 1), c(5, 5, 5, 300)),
  rare = list(c(0, 1, 0, 2, 0, 1), c(6, 29, 12, 31, 18, 24)),
  nearly_full = list(c(10, 12, 9, 18, 7), c(10, 12, 10, 20, 7)),
  huge = list(c(301234, 298765, 305000, 47000), c(1e6, 1e6, 1e6, 150000)),
  simulated = simulated,
  equal = list(rep(5, 4), rep(20, 4)),
  wide = list(c(0, 2, 3, 9, 10), rep(10, 5)),
  uneven = list(c(1, 40, 2, 900, 0), c(3, 400, 7, 3000, 2)),
  outlier = list(c(0, 0, 0, 0, 7), c(5, 5, 5, 5, 8))
)
write_rows(unlist(lapply(names(sets), function(s) {
  lapply(seq_along(sets[[s]][[1]]), function(i) {
    list(set = s, events = sets[[s]][[1]][i], n = sets[[s]][[2]][i])
  })
}), recursive = FALSE), "meta_rows.csv")

# ---- inverse variance: metafor's rma() -------------------------------------------------------

transforms <- list(logit = list("PLO", transf.ilogit), arcsine = list("PAS", transf.iarcsin),
                   freeman_tukey = list("PFT", transf.ipft.hm))
tests <- c(wald = "z", t = "t", hksj = "knha", hksj_adhoc = "adhoc")
none <- list(pi_low = NA, pi_high = NA, pi1_low = NA, pi1_high = NA, pi2_low = NA, pi2_high = NA)

inverse_variance <- function(set, method, effects, estimator, ci, level) {
  x <- sets[[set]][[1]]; n <- sets[[set]][[2]]
  fit <- quietly(rma(measure = transforms[[method]][[1]], xi = x, ni = n, level = 100 * level,
                     method = if (effects == "common") "EE" else estimator, test = tests[[ci]],
                     control = list(threshold = 1e-12, maxiter = 100000, tol = 1e-14,
                                    tau2.max = 1e4)))
  targs <- if (method == "freeman_tukey") list(ni = n) else NULL
  back <- function(...) quietly(predict(fit, transf = transforms[[method]][[2]], targs = targs, ...))
  p <- back()
  pi <- if (effects == "common" || length(x) < 3) none else {
    p1 <- back(pi.type = "t"); p2 <- back(pi.type = "riley")
    list(pi_low = p$pi.lb, pi_high = p$pi.ub, pi1_low = p1$pi.lb, pi1_high = p1$pi.ub,
         pi2_low = p2$pi.lb, pi2_high = p2$pi.ub)
  }
  c(list(set = set, method = method, effects = effects, tau2_method = if (effects == "common") "" else estimator,
         ci = ci, level = level, estimate = p$pred, ci_low = p$ci.lb, ci_high = p$ci.ub), pi,
    list(mean = fit$beta[1], se = fit$se, tau2 = fit$tau2, i2 = fit$I2, h2 = fit$H2, q = fit$QE,
         q_p = fit$QEp, q_lrt = NA, q_lrt_p = NA, loglik = NA, rho = NA))
}
pools <- list()
for (set in names(sets)) for (method in names(transforms)) {
  for (ci in names(tests)) {
    pools <- c(pools, list(inverse_variance(set, method, "random", "REML", ci, 0.95)))
  }
  for (estimator in c("DL", "PM")) {
    pools <- c(pools, list(inverse_variance(set, method, "random", estimator, "wald", 0.9)))
  }
  for (ci in c("wald", "t")) pools <- c(pools, list(inverse_variance(set, method, "common", "", ci, 0.95)))
}

# ---- the logistic model: metafor's rma.glmm() ------------------------------------------------

# Two references. "glmm": metafor with lme4, 25 nodes, the most it has. "exact": the same
# likelihood with each integral by integrate() and the maximum by Newton's method, because
# lme4 stops some digits earlier, and 25 nodes are few where trials differ much.
glmm <- function(set, effects, test) {
  x <- sets[[set]][[1]]; n <- sets[[set]][[2]]
  fit <- quietly(try(rma.glmm(measure = "PLO", xi = x, ni = n, nAGQ = 25, test = tests[[test]],
                              method = if (effects == "common") "EE" else "ML"), silent = TRUE))
  if (inherits(fit, "try-error")) return(NULL)
  p <- quietly(predict(fit, transf = transf.ilogit))
  pi <- if (effects == "common" || length(x) < 3) none else {
    p1 <- predict(fit, transf = transf.ilogit, pi.type = "t")
    p2 <- predict(fit, transf = transf.ilogit, pi.type = "riley")
    list(pi_low = p$pi.lb, pi_high = p$pi.ub, pi1_low = p1$pi.lb, pi1_high = p1$pi.ub,
         pi2_low = p2$pi.lb, pi2_high = p2$pi.ub)
  }
  c(list(set = set, method = "glmm", effects = effects, tau2_method = if (effects == "common") "" else "ML",
         ci = test, level = 0.95, estimate = p$pred, ci_low = p$ci.lb, ci_high = p$ci.ub), pi,
    list(mean = fit$beta[1], se = fit$se, tau2 = fit$tau2, i2 = fit$I2, h2 = fit$H2,
         q = fit$QE.Wld, q_p = fit$QEp.Wld, q_lrt = fit$QE.LRT, q_lrt_p = fit$QEp.LRT,
         loglik = fit$fit.stats["ll", "ML"], rho = NA))
}
for (set in names(sets)) for (test in c("wald", "t")) for (effects in c("random", "common")) {
  pools <- c(pools, list(glmm(set, effects, test)))
}

log_integral <- function(x, n, mu, tau) {
  if (tau == 0) return(dbinom(x, n, plogis(mu), log = TRUE))
  h <- function(u) dbinom(x, n, plogis(mu + tau * u), log = TRUE) + dnorm(u, log = TRUE)
  mode <- optimize(h, c(-10, 10) + c(min(0, (qlogis((x + .5) / (n + 1)) - mu) / tau),
                                     max(0, (qlogis((x + .5) / (n + 1)) - mu) / tau)),
                   maximum = TRUE, tol = 1e-10)$maximum
  p <- plogis(mu + tau * mode)
  s <- 1 / sqrt(1 + tau^2 * n * p * (1 - p))
  top <- h(mode)
  # Cut at multiples of the width: each piece is smooth, and none is missed.
  cuts <- mode + s * c(-60, -30, -15, -8, -4, -2, -1, 0, 1, 2, 4, 8, 15, 30, 60)
  cuts <- c(pmax(cuts, mode - 40))
  cuts <- unique(pmin(cuts, mode + 40))
  if (s > 0.5) cuts <- mode + seq(-10, 10, by = 0.5)
  pieces <- mapply(function(a, b) integrate(function(u) exp(h(u) - top), a, b, rel.tol = 1e-12,
                                            abs.tol = 0, stop.on.error = FALSE)$value,
                   head(cuts, -1), tail(cuts, -1))
  log(sum(pieces)) + top
}
glmm_loglik <- function(x, n) function(q) sum(mapply(log_integral, x, n, MoreArgs = list(q[1], abs(q[2]))))

newton <- function(f, at) {
  for (i in 1:30) {
    step <- solve(numDeriv::hessian(f, at), numDeriv::grad(f, at))
    at <- at - step
    if (max(abs(step)) < 1e-9) break
  }
  at
}
for (set in setdiff(names(sets), c("equal", "simulated", "hannum2020", "one_event", "pair", "huge"))) {
  x <- sets[[set]][[1]]; n <- sets[[set]][[2]]
  f <- glmm_loglik(x, n)
  best <- list(value = -Inf)
  for (start in c(0.2, 1, 3, 6)) {
    try <- optim(c(qlogis(sum(x) / sum(n)), start), f, control = list(fnscale = -1, reltol = 1e-11,
                                                                    maxit = 2000))
    if (try$value > best$value + 1e-9) best <- try
  }
  edge <- abs(best$par[2]) < 1e-3
  at <- if (edge) NULL else newton(f, c(best$par[1], abs(best$par[2])))
  if (edge) {
    mean <- qlogis(sum(x) / sum(n)); tau <- 0
    se <- 1 / sqrt(sum(n) * plogis(mean) * (1 - plogis(mean)))
  } else {
    mean <- at[1]; tau <- at[2]
    se <- sqrt(solve(-numDeriv::hessian(f, at))[1, 1])
  }
  z <- qnorm(0.975)
  pools <- c(pools, list(c(list(set = set, method = "exact", effects = "random", tau2_method = "ML",
    ci = "wald", level = 0.95, estimate = plogis(mean), ci_low = plogis(mean - z * se),
    ci_high = plogis(mean + z * se)), none, list(mean = mean, se = se, tau2 = tau^2, i2 = NA,
    h2 = NA, q = NA, q_p = NA, q_lrt = NA, q_lrt_p = NA, loglik = f(c(mean, tau)), rho = NA))))
}

# Profile limits with lme4's own deviance function, solved to full precision: confint() goes by
# a spline through a few points, and must agree within 1%.
profile_limits <- function(value_at, mean, se, level = 0.95) {
  top <- value_at(mean)
  f <- function(m) 2 * (top - value_at(m)) - qchisq(level, 1)
  solve_to <- function(sign) {
    out <- mean + sign * se
    while (f(out) < 0) out <- out + sign * se
    uniroot(f, sort(c(mean, out)), tol = 1e-9)$root
  }
  c(solve_to(-1), solve_to(1))
}
profile_row <- function(set, method, mean, se, limits, tau2 = NA, rho = NA, loglik = NA) {
  c(list(set = set, method = method, effects = "random", tau2_method = "ML", ci = "profile",
         level = 0.95, estimate = plogis(mean), ci_low = plogis(limits[1]), ci_high = plogis(limits[2])),
    none, list(mean = mean, se = se, tau2 = tau2, i2 = NA, h2 = NA, q = NA, q_p = NA, q_lrt = NA,
               q_lrt_p = NA, loglik = loglik, rho = rho))
}
for (set in c("review", "pair", "far_pair", "pritz1997", "nielweise_control", "nielweise_treated",
              "debruin2009", "rare", "simulated", "uneven")) {
  x <- sets[[set]][[1]]; n <- sets[[set]][[2]]
  rows <- data.frame(x, m = n - x, study = factor(seq_along(x)))
  control <- glmerControl(tolPwrss = 1e-9, optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
  fit <- quietly(glmer(cbind(x, m) ~ 1 + (1 | study), rows, binomial, nAGQ = 25, control = control))
  deviance_at <- quietly(glmer(cbind(x, m) ~ 1 + (1 | study), rows, binomial, nAGQ = 25,
                               control = control, devFunOnly = TRUE))
  value_at <- function(m) {
    # Far from the maximum lme4's inner iterations may fail; those places do not matter.
    f <- function(theta) tryCatch(deviance_at(c(theta, m)), error = function(e) 1e10)
    steps <- c(0, 0.1 * 1.5^(0:13))
    i <- which.min(sapply(steps, f))
    o <- optimize(f, c(steps[max(1, i - 1)], steps[min(length(steps), i + 1)]), tol = 1e-9)
    -min(o$objective, f(0)) / 2
  }
  mean <- optimize(value_at, fixef(fit)[[1]] + c(-.5, .5), maximum = TRUE, tol = 1e-9)$maximum
  se <- sqrt(vcov(fit)[1, 1])
  limits <- profile_limits(value_at, mean, se)
  spline <- quietly(confint(fit, parm = "(Intercept)", method = "profile", quiet = TRUE))
  stopifnot(isTRUE(all.equal(c(spline), limits, tolerance = 0.01)))
  pools <- c(pools, list(profile_row(set, "glmm", mean, se, limits)))
}

# ---- the beta-binomial: its likelihood with base R's lbeta(), against VGAM --------------------

geissler <- local({
  boys <- c(3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7)
  list(rep(0:12, boys), rep(12, sum(boys)))
})
for (set in c("review", "far_pair", "pritz1997", "nielweise_control", "nielweise_treated",
              "debruin2009", "hannum2020", "simulated", "wide", "outlier", "geissler")) {
  data <- if (set == "geissler") geissler else sets[[set]]
  x <- data[[1]]; n <- data[[2]]
  f <- function(q) {  # logit of the mean, logit of rho
    a <- plogis(q[1]) / exp(q[2]); b <- plogis(-q[1]) / exp(q[2])
    sum(lchoose(n, x) + lbeta(x + a, n - x + b) - lbeta(a, b))
  }
  o <- optim(c(qlogis(sum(x) / sum(n)), -3), f, control = list(fnscale = -1, reltol = 1e-14, maxit = 5000))
  at <- newton(f, o$par)
  rho <- plogis(at[2])
  se <- sqrt(solve(-numDeriv::hessian(f, at))[1, 1])
  vglm <- quietly(VGAM::vglm(cbind(x, n - x) ~ 1, VGAM::betabinomial, epsilon = 1e-12, maxit = 500))
  stopifnot(abs(VGAM::coef(vglm)[[1]] - at[1]) < 1e-4, abs(plogis(VGAM::coef(vglm)[[2]]) - rho) < 1e-4)
  value_at <- function(m) {
    optimize(function(s) f(c(m, s)), c(-12, 6), maximum = TRUE, tol = 1e-10)$objective
  }
  limits <- profile_limits(value_at, at[1], se)
  pools <- c(pools, list(profile_row(set, "beta_binomial", at[1], se, limits, rho = rho, loglik = f(at))))
}
write_rows(Filter(Negate(is.null), pools), "meta_pools.csv")

# ---- leaving one out and adding one by one: metafor's leave1out() and cumul() ----------------

write_rows(unlist(lapply(c("review", "pritz1997", "nielweise_control"), function(set) {
  fit <- rma(measure = "PLO", xi = sets[[set]][[1]], ni = sets[[set]][[2]],
             control = list(threshold = 1e-12, maxiter = 100000))
  out <- leave1out(fit, transf = transf.ilogit)
  cum <- cumul(fit, transf = transf.ilogit)
  lapply(seq_along(fit$yi), function(i) list(set = set, row = i, tau2 = out$tau2[i], q = out$Q[i],
    estimate = out$estimate[i], ci_low = out$ci.lb[i], ci_high = out$ci.ub[i],
    cumulative = cum$estimate[i], cumulative_low = cum$ci.lb[i], cumulative_high = cum$ci.ub[i]))
}), recursive = FALSE), "meta_refits.csv")

# ---- subgroups in the logistic model ---------------------------------------------------------

# The likelihood ratio is that of lme4's deviance function at its fits: the log-likelihood that
# lme4 and so metafor report with several nodes leaves terms out that differ between models.
subgroups <- function(name, x, n, mods) {
  fit <- quietly(rma.glmm(measure = "PLO", xi = x, ni = n, mods = ~ mods, nAGQ = 25))
  rows <- data.frame(x, m = n - x, mods, study = factor(seq_along(x)))
  minimum <- function(formula) {
    found <- quietly(glmer(formula, rows, binomial, nAGQ = 25))
    at <- quietly(glmer(formula, rows, binomial, nAGQ = 25, devFunOnly = TRUE))
    at(c(getME(found, "theta"), fixef(found)))
  }
  lr <- minimum(cbind(x, m) ~ 1 + (1 | study)) - minimum(cbind(x, m) ~ mods + (1 | study))
  lapply(seq_along(fit$beta), function(i) list(set = name, coefficient = i, estimate = fit$beta[i],
    se = fit$se[i], tau2 = fit$tau2, wald = fit$QM, wald_p = fit$QMp, lr = lr,
    lr_p = pchisq(lr, fit$m, lower.tail = FALSE)))
}
write_rows(c(
  subgroups("ethnicity", dat.debruin2009$xi, dat.debruin2009$ni, dat.debruin2009$ethnicity),
  subgroups("objectivity", dat.hannum2020$xi, dat.hannum2020$ni,
            as.character(dat.hannum2020$objectivity)),
  subgroups("three", simulated[[1]], simulated[[2]], rep(c("a", "b", "c", "a"), 10))
), "meta_subgroups.csv")
write_rows(c(
  lapply(1:13, function(i) list(set = "ethnicity", events = dat.debruin2009$xi[i], n = dat.debruin2009$ni[i],
                                value = as.character(dat.debruin2009$ethnicity[i]))),
  lapply(seq_len(nrow(dat.hannum2020)), function(i) list(set = "objectivity", events = dat.hannum2020$xi[i],
    n = dat.hannum2020$ni[i], value = as.character(dat.hannum2020$objectivity[i]))),
  lapply(1:40, function(i) list(set = "three", events = simulated[[1]][i], n = simulated[[2]][i],
                                value = rep(c("a", "b", "c", "a"), 10)[i]))
), "meta_subgroups_rows.csv")

# ---- Bayesian: the posterior on a plain grid -------------------------------------------------

# Each trial's integral by the trapezoidal rule over fixed nodes, enough for these small trials;
# tau by Gauss-Legendre; mu by the trapezoidal rule, whose cumulative sums, corrected at their
# ends (Euler and Maclaurin), a spline turns into probabilities.
bayes <- function(set, scale, prior, x, n) {
  u <- seq(-9, 9, by = 0.1)
  u_w <- dnorm(u) / sum(dnorm(u))
  top <- 8 * scale
  gl <- statmod::gauss.quad(80, "legendre")
  tau <- (gl$nodes + 1) * top / 2; tau_w <- gl$weights * top / 2
  h <- 0.02
  mu <- seq(-20, 14, by = h)
  log_prior <- if (prior == "logistic") dlogis(mu, log = TRUE) else dnorm(mu, 0, 2.5, log = TRUE)
  post <- sapply(seq_along(tau), function(j) {
    log_p <- plogis(outer(mu, tau[j] * u, "+"), log.p = TRUE)
    log_q <- plogis(outer(mu, tau[j] * u, "+"), lower.tail = FALSE, log.p = TRUE)
    like <- rowSums(sapply(seq_along(x), function(i) {
      lchoose(n[i], x[i]) + log(exp(x[i] * log_p + (n[i] - x[i]) * log_q) %*% u_w)
    }))
    exp(like + log_prior + dnorm(tau[j], 0, scale, log = TRUE)) * tau_w[j]
  })
  evidence <- sum(post) * h
  cumulate <- function(density) {
    slope <- splinefun(mu, density)(mu, deriv = 1)
    trapezoids <- c(0, cumsum((head(density, -1) + tail(density, -1)) / 2) * h)
    splinefun(mu, trapezoids - h^2 / 12 * (slope - slope[1]))
  }
  cdf <- cumulate(rowSums(post) / evidence)
  parts <- apply(post / evidence, 2, cumulate)
  inside <- function(m) pmin(pmax(m, mu[1]), tail(mu, 1))
  new_cdf <- function(m) sum(sapply(seq_along(tau), function(j) sum(u_w * parts[[j]](inside(m - tau[j] * u)))))
  quantile_of <- function(f, p) plogis(uniroot(function(m) f(m) - p, c(-19, 13), tol = 1e-10)$root)
  list(set = set, scale = scale, prior = prior, median = quantile_of(cdf, .5),
       low = quantile_of(cdf, .025), high = quantile_of(cdf, .975),
       new_median = quantile_of(new_cdf, .5), new_low = quantile_of(new_cdf, .025),
       new_high = quantile_of(new_cdf, .975), over_10 = 1 - cdf(qlogis(.1)),
       over_18 = 1 - cdf(qlogis(.18)), over_30 = 1 - cdf(qlogis(.3)),
       new_over_10 = 1 - new_cdf(qlogis(.1)), new_over_18 = 1 - new_cdf(qlogis(.18)),
       new_over_30 = 1 - new_cdf(qlogis(.3)), tau_mean = sum(t(post) * tau) / sum(post))
}
write_rows(unlist(lapply(c("review", "pair", "rare"), function(set) {
  x <- sets[[set]][[1]]; n <- sets[[set]][[2]]
  list(bayes(set, 1, "logistic", x, n), bayes(set, 0.5, "logistic", x, n),
       bayes(set, 2, "logistic", x, n), bayes(set, 1, "normal", x, n))
}), recursive = FALSE), "meta_bayes.csv")

# ---- two-by-two tables within trials ---------------------------------------------------------

# a of m in the first group, b of n in the second
strata <- list(
  nielweise2007 = with(dat.nielweise2007, cbind(ai, n1i, ci, n2i)),
  berkeley = t(apply(UCBAdmissions, 3, function(x) c(x[1, 1], sum(x[, 1]), x[1, 2], sum(x[, 2])))),
  small = rbind(c(2, 3, 2, 8), c(0, 6, 5, 18), c(3, 7, 0, 5)),
  one_sided = rbind(c(3, 10, 0, 12), c(2, 8, 0, 9)),
  grades = rbind(c(5, 18, 0, 6), c(1, 11, 1, 20), c(4, 12, 2, 15), c(0, 4, 0, 3))
)
write_rows(unlist(lapply(names(strata), function(s) lapply(seq_len(nrow(strata[[s]])), function(i) {
  x <- strata[[s]][i, ]
  list(set = s, first_events = x[[1]], first_n = x[[2]], second_events = x[[3]], second_n = x[[4]])
})), recursive = FALSE), "meta_strata_rows.csv")

write_rows(lapply(names(strata), function(s) {
  x <- strata[[s]]
  or <- quietly(rma.mh(measure = "OR", ai = x[, 1], n1i = x[, 2], ci = x[, 3], n2i = x[, 4],
                       correct = FALSE, add = 0, to = "none", drop00 = TRUE))
  rd <- quietly(rma.mh(measure = "RD", ai = x[, 1], n1i = x[, 2], ci = x[, 3], n2i = x[, 4],
                       correct = FALSE, add = 0, to = "none"))
  array <- array(apply(x, 1, function(r) c(r[1], r[3], r[2] - r[1], r[4] - r[3])), c(2, 2, nrow(x)))
  told <- apply(array, 3, function(m) all(rowSums(m) > 0, colSums(m) > 0))
  test <- mantelhaen.test(array[, , told], exact = TRUE)
  # The distribution of the summed count given all margins, and its equations solved to full
  # precision: mantelhaen.test() stops at four digits, and must agree within 1%.
  density <- 1
  for (i in which(told)) {
    m <- array[, , i]
    support <- max(0, sum(m[1, ]) - sum(m[, 2])):min(sum(m[1, ]), sum(m[, 1]))
    d <- dhyper(support, sum(m[, 1]), sum(m[, 2]), sum(m[1, ]))
    density <- as.vector(convolve(density, rev(d), type = "open"))
  }
  lowest <- sum(apply(array[, , told, drop = FALSE], 3, function(m) max(0, sum(m[1, ]) - sum(m[, 2]))))
  # convolve() goes by Fourier transforms and leaves noise of 1e-17; sums of products do not.
  density <- 1
  for (i in which(told)) {
    m <- array[, , i]
    support <- max(0, sum(m[1, ]) - sum(m[, 2])):min(sum(m[1, ]), sum(m[, 1]))
    d <- dhyper(support, sum(m[, 1]), sum(m[, 2]), sum(m[1, ]))
    new <- numeric(length(density) + length(d) - 1)
    for (j in seq_along(d)) {
      at <- j - 1 + seq_along(density)
      new[at] <- new[at] + density * d[j]
    }
    density <- new
  }
  support <- lowest + seq_along(density) - 1
  observed <- sum(array[1, 1, told])
  tilted <- function(t) {
    l <- log(density) + t * support
    w <- exp(l - max(l))
    w / sum(w)
  }
  root <- function(f) exp(uniroot(f, c(-50, 50), tol = 1e-13, maxiter = 10000)$root)
  at_low <- observed == min(support); at_high <- observed == max(support)
  odds <- if (at_low) 0 else if (at_high) Inf else root(function(t) sum(support * tilted(t)) - observed)
  low <- if (at_low) 0 else root(function(t) sum(tilted(t)[support >= observed]) - .025)
  high <- if (at_high) Inf else root(function(t) sum(tilted(t)[support <= observed]) - .025)
  half <- tilted(0)[support == observed] / 2
  mid <- min(1, 2 * min(sum(tilted(0)[support > observed]), sum(tilted(0)[support < observed])) + 2 * half)
  mid_low <- if (at_low) 0 else
    root(function(t) sum(tilted(t)[support > observed]) + tilted(t)[support == observed] / 2 - .025)
  mid_high <- if (at_high) Inf else
    root(function(t) sum(tilted(t)[support < observed]) + tilted(t)[support == observed] / 2 - .025)
  stopifnot(isTRUE(all.equal(c(odds, low, high), c(test$estimate, test$conf.int), tolerance = 0.01,
                             check.attributes = FALSE)))
  list(set = s, mh_or = exp(or$beta[1]), mh_or_low = exp(or$ci.lb), mh_or_high = exp(or$ci.ub),
       mh_rd = rd$beta[1], mh_rd_low = rd$ci.lb, mh_rd_high = rd$ci.ub, odds_ratio = odds,
       odds_low = low, odds_high = high, p = test$p.value, mid_p = mid, mid_low = mid_low,
       mid_high = mid_high)
}), "meta_strata.csv")

# ---- power of Fisher's test, every table of fisher.test() ------------------------------------

power <- function(p1, n1, p2, n2, alpha) {
  total <- 0
  for (a in 0:n1) for (b in 0:n2) {
    p <- fisher.test(matrix(c(a, b, n1 - a, n2 - b), 2), conf.int = FALSE)$p.value
    if (p <= alpha) total <- total + dbinom(a, n1, p1) * dbinom(b, n2, p2)
  }
  list(first = p1, first_n = n1, second = p2, second_n = n2, alpha = alpha, power = total)
}
write_rows(list(
  power(.278, 18, 0.05, 6, .05), power(.3, 24, .1, 24, .05), power(.5, 12, .1, 15, .1),
  power(.2, 10, .2, 10, .05), power(0, 8, 1, 8, .05), power(.9, 7, .2, 33, .01)
), "meta_power.csv")
