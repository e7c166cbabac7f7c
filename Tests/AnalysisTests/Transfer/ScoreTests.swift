import Analysis
import Foundation
import HDF5
import TestSupport
import Testing
import Torch

/// Against Transfer-Learning-Library and scikit-learn (`Fixtures/transferability/make_transferability.py` made the
/// numbers), and by hand.
@Suite struct ScoreTests {
  static let problems = ["tall", "wide", "unbalanced", "missing", "missing-wide", "offset", "offset-wide"]

  private struct Problem {
    let group: Group
    let features: Tensor
    let labels: [Int32]

    init(_ name: String) throws {
      group = try File.open(Repository.fixture("transferability/scores.h5")).root.group(name)
      let dataset = try group.dataset(group.names.contains("features") ? "features" : "probabilities")
      features = try Tensor(dataset.read(as: Double.self), shape: dataset.shape)
      labels = try group.dataset("labels").read(as: Int32.self)
    }

    /// What the other implementation gives.
    func expected(_ name: String) throws -> Double { try #require(group.dataset(name).read(as: Double.self).first) }
  }

  private func expect(
    _ found: Double, _ expected: Double, within relative: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let distance = abs(found - expected) / abs(expected)
    #expect(distance < relative, "\(what): \(found) for \(expected), \(distance)", sourceLocation: sourceLocation)
  }

  // MARK: - Parity

  /// The library squares the features' condition number, so that it has fewer digits of the nearly constant ones.
  @Test(arguments: problems) func logMEIsTheLibrarys(_ name: String) throws {
    let problem = try Problem(name)
    let found = try TransferScores.logME(problem.features, labels: problem.labels)
    expect(found, try problem.expected("logme"), within: 1e-7, "\(name), the library's")
    expect(found, try problem.expected("logme_precise"), within: 1e-11, "\(name), in 40 digits")
  }

  @Test(arguments: problems) func theHScoresAreTheLibrarys(_ name: String) throws {
    let problem = try Problem(name)
    let plain = try HScore(problem.features, labels: problem.labels, isShrunk: false)
    expect(plain.value, try problem.expected("hscore"), within: 1e-9, name)
    let shrunk = try HScore(problem.features, labels: problem.labels, isShrunk: true)
    expect(shrunk.shrinkage, try problem.expected("shrinkage"), within: 1e-9, "\(name), shrinkage")
    // The library divides the classes' covariance by n − 1, the features' by n.
    let count = Double(problem.labels.count)
    expect(shrunk.value, try problem.expected("hscore_shrunk") * (count - 1) / count, within: 1e-9, "\(name), shrunk")
  }

  @Test(arguments: ["head", "dictionary"]) func leepAndNCEAreTheLibrarys(_ name: String) throws {
    let problem = try Problem(name)
    expect(
      try TransferScores.leep(problem.features, labels: problem.labels), try problem.expected("leep"), within: 1e-12,
      "\(name), LEEP")
    let sourceLabels: [Int32] = try problem.features.argmax(along: 1).array()
    expect(
      try TransferScores.nce(sourceLabels: sourceLabels, labels: problem.labels), try problem.expected("nce"),
      within: 1e-12, "\(name), NCE")
  }

  @Test func theHeadFixtureHasASourceClassWithoutMass() throws {
    let mass = try Problem("head").features.sum(along: [0]).array(of: Double.self)
    #expect(mass[3] == 0 && mass.count { $0 > 0 } == 6)
  }

  // MARK: - By hand

  /// One example, one feature, both 1: s = 1, and at λ = 1: γ = ½, ‖m‖² = ¼, misfit ¼, α = 2, β = 2, λ = 1 again.
  /// y ~ N(0, 1/β + 1/α = 1): log p(1) = −½ log 2π − ½.
  ///
  /// Two examples, the identity as features, a class each: s = 1, 1; γ = 1, ‖m‖² = ¼, misfit ¼, α = 4, β = (2 − 1)/¼ =
  /// 4, λ = 1 again. y ~ N(0, ½ I): log p = −log(2π · ½) − 1 / (2 · ½) = −log π − 1, halved.
  @Test func logMEWhereTheFirstStepIsTheLast() throws {
    let one = try TransferScores.logME(Tensor([1.0], shape: [1, 1]), labels: [0])
    #expect(abs(one - (-log(2 * .pi) / 2 - 0.5)) < 1e-14, "\(one)")
    let two = try TransferScores.logME(Tensor([1.0, 0, 0, 1], shape: [2, 2]), labels: [0, 1])
    #expect(abs(two - (-log(.pi) - 1) / 2) < 1e-14, "\(two)")
  }

  /// Features (1, 1), labels 0 and 1: s = 2, along u = (1, 1)/√2, (uᵀy)² = ½ and ½ is left.
  /// γ = 2/(2 + λ), ‖m‖² = 1/(2 + λ)², misfit = ½ + ½ λ²/(2 + λ)², so α = 2 (2 + λ), β = (2 − γ)/misfit, and λ becomes
  /// λ + 1 + 1/(1 + λ): it grows for ever, and is stopped after 11 steps. The paper's evidence is then
  /// ½ log α + log β − ½ log(α + 2β) − ½ β misfit − ½ α ‖m‖² − log 2π, of two examples, alike for both classes.
  @Test func logMEStopsAfterElevenSteps() throws {
    var (ratio, evidence) = (1.0, 0.0)
    for _ in 0..<11 {
      let (weights, misfit) = (1 / pow(2 + ratio, 2), 0.5 + 0.5 * pow(ratio / (2 + ratio), 2))
      let (alpha, beta) = (2 * (2 + ratio), (2 - 2 / (2 + ratio)) / misfit)
      evidence =
        log(alpha) / 2 + log(beta) - log(alpha + 2 * beta) / 2 - beta * misfit / 2 - alpha * weights / 2 - log(2 * .pi)
      let next = ratio + 1 + 1 / (1 + ratio)
      #expect(abs(alpha / beta - next) < 1e-12)
      ratio = next
    }
    let found = try TransferScores.logME(Tensor([1.0, 1], shape: [2, 1]), labels: [0, 1])
    #expect(abs(found - evidence / 2) < 1e-13, "\(found) for \(evidence / 2)")
  }

  /// Features 0, 0, 2, 4 of classes 0, 0, 1, 1: mean 1.5, variance (2.25 + 2.25 + 0.25 + 6.25)/4 = 2.75; the classes'
  /// means 0 and 3, their variance 2.25: 2.25/2.75 = 9/11. A single feature has nothing to shrink.
  ///
  /// Features (2, 0), (−2, 0), (0, 1), (0, −1), classes 0, 1, 0, 1: variances 2 and ½, μ = 1.25. ‖cov − μI‖² = 4.25 −
  /// 2.5²/2 = 1.125; mean fourth power of the norms (16 + 16 + 1 + 1)/4 = 8.5, (8.5 − 4.25)/4 = 1.0625: a =
  /// 1.0625/1.125 = 17/18. The classes' means are ±(1, ½), their variances 1 and ¼, half of each direction's. Plain: ½
  /// + ½. Shrunk: ½ · 2/(2 + 17 · 1.25) + ½ · ½/(½ + 17 · 1.25) = 1/23.25 + 0.25/21.75.
  @Test func theHScoresOfFourExamples() throws {
    let single = try Tensor([0.0, 0, 2, 4], shape: [4, 1])
    for isShrunk in [false, true] {
      let found = try HScore(single, labels: [0, 0, 1, 1], isShrunk: isShrunk)
      #expect(abs(found.value - 9.0 / 11) < 1e-14 && found.shrinkage == 0 && found.isShrunk == isShrunk)
    }
    let cross = try Tensor([2.0, 0, -2, 0, 0, 1, 0, -1], shape: [4, 2])
    let plain = try HScore(cross, labels: [0, 1, 0, 1], isShrunk: false)
    #expect(abs(plain.value - 1) < 1e-14 && plain.shrinkage == 0, "\(plain)")
    let shrunk = try HScore(cross, labels: [0, 1, 0, 1])
    #expect(shrunk.isShrunk && abs(shrunk.shrinkage - 17.0 / 18) < 1e-14, "\(shrunk)")
    #expect(abs(shrunk.value - (1 / 23.25 + 0.25 / 21.75)) < 1e-14, "\(shrunk)")
  }

  /// Probabilities (½, ½) and (1, 0), labels 0 and 1: the masses are 1.5 and 0.5; P(0 | z) = ⅓, 1; P(1 | z) = ⅔, 0.
  /// ½ · ⅓ + ½ · 1 = ⅔ and 1 · ⅔ = ⅔. A third source class that nobody has changes nothing.
  @Test func leepOfTwoExamples() throws {
    let two = try TransferScores.leep(Tensor([0.5, 0.5, 1, 0], shape: [2, 2]), labels: [0, 1])
    #expect(abs(two - log(2.0 / 3)) < 1e-15, "\(two)")
    let three = try TransferScores.leep(Tensor([0.5, 0, 0.5, 1, 0, 0], shape: [2, 3]), labels: [0, 1])
    #expect(abs(three - log(2.0 / 3)) < 1e-15, "\(three)")
  }

  /// Source labels 0, 0, 0, 1 and labels 0, 0, 1, 1: of source 0 two thirds are 0; source 1 is settled.
  /// (2 log ⅔ + log ⅓)/4.
  @Test func nceOfFourExamples() throws {
    let found = try TransferScores.nce(sourceLabels: [0, 0, 0, 1], labels: [0, 0, 1, 1])
    #expect(abs(found - (2 * log(2.0 / 3) + log(1.0 / 3)) / 4) < 1e-15, "\(found)")
  }
}
