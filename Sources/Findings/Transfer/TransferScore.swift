import Metrics

/// Something that costs no training, said of every cut of a network.
public struct TransferScore: Sendable, Codable {
  /// Spearman's rank correlation over the cuts with AnB and with AnB+; NaN where there is none.
  public struct RankCorrelation: Sendable, Codable {
    /// With AnB, the copied part frozen; in JSON `AnB`.
    public var frozen = Double.nan
    /// With AnB+, the copied part trained on; in JSON `AnB+`.
    public var tuned = Double.nan

    private enum CodingKeys: String, CodingKey {
      case frozen = "AnB"
      case tuned = "AnB+"
    }
  }

  /// The score, as a reader knows it: `LogME`, `H-score`.
  public var name: String
  /// One a cut; NaN where it could not be measured.
  public var values: [Double]
  /// Whether it is a share of something, from 0 to 1.
  public var isFraction: Bool
  /// The task's score that it is, where that is not accuracy; nil of all else.
  public var score: Score?
  /// How well it orders the cuts as training them does; few cuts make it a weak statement.
  public var rankCorrelation = RankCorrelation()

  /// How many cuts its rank correlations are over: those it was measured at.
  public var rankedCutCount: Int { rankedItemCount(values, values) }

  /// A score of every cut; its rank correlation is found by the result that it is added to.
  ///
  /// - Parameters:
  ///   - values: one a cut, NaN where it could not be measured.
  ///   - score: of a task's score that is not accuracy: it says the unit, and which way is better.
  public init(name: String, values: [Double], isFraction: Bool = false, score: Score? = nil) {
    self.name = name
    self.values = values
    self.isFraction = score.map { $0.unit == .fraction } ?? isFraction
    self.score = score
  }
}

/// What is said of a network as a whole without training it; nil for what its head cannot tell.
public struct TransferNetworkScores: Sendable, Codable {
  /// Log likelihood of the target's labels by the source head's answers; 0 at best; in JSON `LEEP`.
  public var leep: Double?
  /// The same by its likeliest class alone; 0 at best; in JSON `NCE`.
  public var nce: Double?

  private enum CodingKeys: String, CodingKey {
    case leep = "LEEP"
    case nce = "NCE"
  }

  /// Scores of a network as a whole; in JSON `LEEP` and `NCE`.
  ///
  /// - Parameters:
  ///   - leep: nats, never above 0.
  ///   - nce: likewise.
  public init(leep: Double? = nil, nce: Double? = nil) {
    self.leep = leep
    self.nce = nce
  }

  // What there is no head for has no key.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if let leep { try container.encode(leep, forKey: .leep) }
    if let nce { try container.encode(nce, forKey: .nce) }
  }
}

extension TransferResult {
  /// Sets the scores beside the curves.
  public mutating func add(_ scores: [TransferScore], ofNetwork: TransferNetworkScores) {
    func correlation(_ values: [Double], _ kind: TransferKind) -> Double {
      let curve = curve(kind)?.points.map(\.result.merit) ?? []
      return curve.count == values.count ? Metrics.rankCorrelation(values, curve) : .nan
    }
    self.scores = scores.map { score in
      var score = score
      let merits = score.score.map { score.values.map($0.merit) } ?? score.values
      score.rankCorrelation = .init(
        frozen: correlation(merits, .transfer), tuned: correlation(merits, .transferTuned))
      return score
    }
    networkScores = ofNetwork
  }
}
