import Testing

@testable import Training

@Suite struct TrainingOptionsJSONTests {
  @Test func optionsAreReadBackFromTheirText() throws {
    var options = TrainingOptions()
    options.learningRate = 0.05
    options.rateRules = [GlobRule(pattern: "layer1/*", value: 0)]
    options.unfreezing = .afterProbe(epochs: 2)
    options.regularizers = [try RegularizerSpecification(parsing: "l2-sp:alpha=0.3")]
    let text = try options.json
    #expect(TrainingOptions(json: text) == options)
    #expect(text.contains(#""pattern":"layer1/*""#) && !text.contains("\n"))
    #expect(TrainingOptions(json: "{}") == nil && TrainingOptions(json: "no JSON") == nil)
  }
}
