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
  /// How well it orders the cuts as training them does; few cuts make it a weak statement.
  public var rankCorrelation = RankCorrelation()

  /// How many cuts its rank correlations are over: those it was measured at.
  public var rankedCutCount: Int { rankedItemCount(values, values) }

  /// A score of every cut; its rank correlation is found by the result that it is added to.
  ///
  /// - Parameter values: one a cut, NaN where it could not be measured.
  public init(name: String, values: [Double], isFraction: Bool = false) {
    self.name = name
    self.values = values
    self.isFraction = isFraction
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
      let curve = curve(kind)?.points.map(\.result.mean) ?? []
      return curve.count == values.count ? Metrics.rankCorrelation(values, curve) : .nan
    }
    self.scores = scores.map { score in
      var score = score
      score.rankCorrelation = .init(
        frozen: correlation(score.values, .transfer), tuned: correlation(score.values, .transferTuned))
      return score
    }
    networkScores = ofNetwork
  }
}
