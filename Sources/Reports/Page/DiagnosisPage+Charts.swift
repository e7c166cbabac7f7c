import Findings

extension DiagnosisPage {
  /// What was lost to which cause.
  public func waterfallChart() -> BarChart {
    BarChart(
      title: waterfallTitle,
      subtitle: "\(finding.forgetting.isAgreement ? score.unitWords : score.unitWords(of: "source")), taken apart "
        + (finding.isAveragedOverOrders
          ? "by statistics measured anew and the head fitted anew, averaged over both orders, and what is still missing"
          : "in this order: statistics measured anew, then the head fitted anew, then what is still missing")
        + "; paired bootstrap intervals over \(NumberText.grouped(finding.measuredOn.source)) examples",
      valueTitle: score.unit == .number ? "worse by, \(score.chartTitle)" : "\(score.chartTitle) lost",
      decimals: score.chartDecimals, rows: finding.causes.map { $0.isGain ? $0.kind.subject : $0.kind.rawValue },
      series: [
        .init(
          name: "lost",
          values: finding.causes.map {
            .init(
              score.chartScale * $0.loss.value, low: score.chartScale * $0.loss.low,
              high: score.chartScale * $0.loss.high)
          }
        )
      ])
  }

  private var waterfallTitle: String {
    if let top = finding.causes.filter(\.isEstablished).max(by: { $0.loss.value < $1.loss.value }) {
      return "Largest part: \(top.kind.rawValue), \(score.amount(top.loss.value))"
    }
    guard let gain = finding.causes.filter(\.isGain).min(by: { $0.loss.value < $1.loss.value }) else {
      return "No cause is established"
    }
    return "\(RunReport.capitalized(gain.kind.subject)) better by \(score.amount(-gain.loss.value))"
  }

  /// Why no layer is named over what putting layers back brings.
  private var unplaced: String {
    finding.layers.isEmpty ? "No layer was put back" : "No loss is established that a layer could regain"
  }

  /// What putting each layer back brings and costs.
  public func rewindChart() -> BarChart {
    BarChart.rewinds(
      finding.layers.map { ($0.layer, $0.gain, $0.cost) },
      title: place.map { String(Self.sentence($0).dropLast()) } ?? unplaced,
      subtitle: "\(score.unitWords) when one layer alone is put back to what it was before", score: score,
      targetScore: targetScore)
  }

  /// Drift, similarity and probes, layer by epoch.
  public func historyCharts() -> [HeatMap] {
    let (layers, history, isAgreement) = (finding.layers, finding.epochs, finding.forgetting.isAgreement)
    // Light is what changed, in every map: the similarity that is low, the drift and the loss that are high.
    func map(_ title: String, _ how: String, _ unit: String, _ value: (LayersAtEpoch, Int) -> Double) -> HeatMap? {
      let values = layers.indices.map { layer in history.map { value($0, layer) } }
      guard values.joined().contains(where: \.isFinite) else { return nil }
      var map = HeatMap(
        title: title, subtitle: how, rowTitle: "layer", columnTitle: "epoch", valueTitle: unit,
        rows: layers.map(\.layer), columns: history.map { "\($0.epoch)" }, values: values)
      let finite = values.joined().filter(\.isFinite)
      map.limits = min(0, finite.min() ?? 0)...max(unit == "CKA" ? 1 : 0.01, finite.max() ?? 1)
      map.isLightLow = unit == "CKA"
      return map
    }
    func furthest(_ value: (LayersAtEpoch, Int) -> Double) -> String {
      guard let last = history.last,
        let layer = layers.indices.filter({ value(last, $0).isFinite }).max(by: { value(last, $0) < value(last, $1) })
      else {
        return ""
      }
      return layers[layer].layer
    }
    let readable = layers.filter { $0.probeDrop.low > 0 }.max { $0.probeDrop.value < $1.probeDrop.value }
    return [
      map("Weights moved furthest in \(furthest { $0.drift[$1] })", "relative drift from epoch 0", "drift") {
        $0.drift[$1]
      },
      map(
        "CKA is lowest in \(furthest { -$0.similarity[$1] })",
        "debiased CKA with epoch 0 on "
          + (isAgreement ? "the examples that stand in for the source's" : "source examples"),
        "CKA"
      ) { $0.similarity[$1] },
      map(
        readable.map { "What a probe can read fell most in \($0.layer)" }
          ?? "No layer's probe is established to read less than before",
        score == .accuracy || isAgreement
          ? "points of \(isAgreement ? "agreement" : "source accuracy") that a linear probe lost since epoch 0"
          : "by how much a linear probe got worse since epoch 0, in \(score.unitWords)",
        score.chartTitle
      ) { score.chartScale * $0.probeDrop[$1] },
    ].compactMap { $0 }
  }
}
