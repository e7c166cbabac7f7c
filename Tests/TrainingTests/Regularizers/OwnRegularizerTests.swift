import Foundation
import TestSupport
import Testing
import Torch
import Training

// The article on regularizers and the comment on `Regularizer` show the lines between the marks; the test below
// compares them.
// snippet
struct LogitNorm: Regularizer {
  static let kind = RegularizerKind(
    "logit-norm", "λ · mean ‖logits‖²", settings: [.number("lambda", 0.01, "strength")]
  ) { LogitNorm(strength: try $0.settings.number("lambda")) }

  let strength: Double

  func summary(stepsPerEpoch: Int) -> String { "Logit norm with \(strength)" }

  func loss(of step: TrainingStep) throws -> Tensor? {
    try step.logits.squared().sum().multiply(by: strength / Double(step.count))
  }
}
// end

@Suite struct OwnRegularizerTests {
  @Test func aRegularizerOfOnesOwnIsParsedTrainedAndMeasured() throws {
    RegularizerKind.register(LogitNorm.kind)
    let fixture = try RegularizerFixture()
    var norms: [Double] = []
    for text in ["logit-norm:lambda=0", "logit-norm:lambda=0.2"] {
      var options = fixture.options
      options.regularizers = [try RegularizerSpecification(parsing: text)]
      let model = try fixture.model()
      let trainer = try Trainer(model, on: fixture.target(), dataset: "target", options: options)
      let dose = try #require(try trainer.runEpoch(1).doses.first)
      #expect(dose.name == "logit-norm")
      #expect((dose.penalty > 0) == (text.hasSuffix("0.2")) && (dose.gradientRatio > 0) == text.hasSuffix("0.2"))
      norms.append(try #require(model.parameters["layers.2.weight"]).squared().sum().item())
    }
    #expect(norms[1] < norms[0])
  }

  @Test func theDocumentationShowsThisVeryRegularizer() throws {
    let snippet = try Repository.snippet(ofFile: #filePath)
    #expect(
      try Repository.text("Sources/Training/Training.docc/Regularizers.md")
        .contains("```swift\nimport Torch\nimport Training\n\n" + snippet), "the article differs")
    let comment = try Repository.text("Sources/Training/Regularizers/Regularizer.swift")
    #expect(comment.contains(Repository.documentationComment(of: snippet)), "the comment differs")
  }
}
