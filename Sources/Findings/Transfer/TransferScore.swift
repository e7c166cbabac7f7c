import Metrics

/// Something that costs no training, said of every cut of a network.
public struct TransferScore: Sendable, Codable {
  /// Spearman's rank correlation over the cuts with AnB and with AnB+; NaN where there is none.
  public struct RankCorrelation: Sendable, Codable {
    public var frozen = Double.nan
    public var tuned = Double.nan

    private enum CodingKeys: String, CodingKey {
      case frozen = "AnB"
      case tuned = "AnB+"
    }
  }

  public var name: String
  /// One a cut; NaN where it could not be measured.
  public var values: [Double]
  /// Whether it is a share of something, from 0 to 1.
  public var isFraction: Bool
  public var rankCorrelation = RankCorrelation()

  public init(name: String, values: [Double], isFraction: Bool = false) {
    self.name = name
    self.values = values
    self.isFraction = isFraction
  }
}

/// What is said of a network as a whole without training it; nil for what its head cannot tell.
public struct TransferNetworkScores: Sendable, Codable {
  /// Log likelihood of the target's labels by the source head's answers; 0 at best.
  public var leep: Double?
  /// The same by its likeliest class alone; 0 at best.
  public var nce: Double?

  private enum CodingKeys: String, CodingKey {
    case leep = "LEEP"
    case nce = "NCE"
  }

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
