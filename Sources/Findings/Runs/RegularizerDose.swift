/// How hard one regularizer held back in an epoch.
public struct RegularizerDose: Codable, Sendable, Equatable {
  /// The regularizer's kind, numbered from the second of a kind on: `l2-sp`, `l2-sp-2`.
  public var name: String
  /// Mean penalty over the epoch's steps, before each step.
  public var penalty = 0.0
  /// The penalty's share of the whole loss, the task's and all penalties; NaN where that is 0.
  public var lossShare = Double.nan
  /// Norm of its gradient over the norm of the task's, on the parameters where it has one; the mean of up to
  /// eight steps spread over the epoch.
  public var gradientRatio = Double.nan
  /// Share of a displacement from w⁰ that it takes back within the epoch by itself, `1 − Π (1 − lr·α)`; NaN where its
  /// pull is not proportional to the displacement. Momentum and Adam's scaling are not counted.
  public var pulledBack = Double.nan

  /// The dose of one epoch; NaN for what could not be measured.
  ///
  /// - Parameters: see the properties.
  public init(
    name: String, penalty: Double = 0, lossShare: Double = .nan, gradientRatio: Double = .nan,
    pulledBack: Double = .nan
  ) {
    self.name = name
    self.penalty = penalty
    self.lossShare = lossShare
    self.gradientRatio = gradientRatio
    self.pulledBack = pulledBack
  }
}
