import Foundation
import TestSupport
import Testing

/// The example of a package that ships a `lethe` with a regularizer of its own.
@Suite(.serialized) struct OwnLetheTests {
  private let data = Repository.fixture("fashion-mnist-small")
  private static let example = "Tests/Examples/OwnLethe"

  @Test func itsRegularizerHoldsTheWeightsBack() throws {
    let folder = try TemporaryFolder()
    let (base, source) = (folder.file("base.h5"), folder.file("source"))
    #expect(try Command("new", "mlp", "--classes", "5", "-o", base).status == 0)
    #expect(try Command("train", base, "--data", data + ":0-4", "--epochs", "1", "-o", source).status == 0)
    func tune(_ alpha: String) throws -> (penalty: Double, drift: Double) {
      let run = folder.file("run-\(alpha)")
      let tuned = try Command(ofOwnLethe: [
        "finetune", source, "--source", data + ":0-4", "--target", data + ":5-9", "--epochs", "1", "--regularizer",
        "own-sp:alpha=\(alpha)", "--json", "-o", run,
      ])
      #expect(tuned.status == 0, "\(tuned.errors)")
      let object = try JSONSerialization.jsonObject(with: Data(tuned.output.utf8)) as? [String: Any]
      let epoch = try #require((object?["epochs"] as? [[String: Any]])?.last)
      let dose = try #require((epoch["regularizers"] as? [[String: Any]])?.first)
      #expect(dose["name"] as? String == "own-sp")
      let drift = try JSONSerialization.jsonObject(with: Data(Command("drift", run, "--json").output.utf8))
      let layers = try #require((drift as? [String: Any])?["layers"] as? [[String: Any]])
      let hidden = try #require(layers.first { $0["layer"] as? String == "layers.0" })
      return (try #require(dose["penalty"] as? Double), try #require(hidden["l2"] as? Double))
    }
    let (weak, strong) = (try tune("0"), try tune("0.05"))
    #expect(weak.penalty == 0 && strong.penalty > 0)
    #expect(strong.drift < weak.drift, "\(strong.drift) and \(weak.drift)")
  }

  @Test func itsHelpListsItAndLetheDoesNotKnowIt() throws {
    let help = try Command(ofOwnLethe: ["finetune", "--help-all"])
    #expect(help.status == 0 && help.output.contains("own-sp:alpha=0.01") && help.output.contains("l2-sp:alpha=0.1"))
    let own = try Command(ofOwnLethe: ["train", "b.h5", "--data", data, "-o", "x", "--regularizer", "own-sp:beta=1"])
    #expect(own.status == 64 && own.errors.contains("it has no setting 'beta'; known: alpha"), "\(own.errors)")
    let lethe = try Command("train", "b.h5", "--data", data, "-o", "x", "--regularizer", "own-sp")
    #expect(lethe.status == 64 && lethe.errors.contains("unknown regularizer 'own-sp'"), "\(lethe.errors)")
    #expect(try !Command("finetune", "--help-all").output.contains("own-sp"))
  }

  @Test func theArticleShowsThisVeryPackage() throws {
    let files = ["Package.swift", "Sources/own-lethe/main.swift", "Sources/own-lethe/RootPull.swift"]
    try Repository.requireShown(
      inArticle: "Sources/Training/Training.docc/Write-a-regularizer.md",
      files: files.map { "\(Repository.root)/\(Self.example)/\($0)" })
  }

  @Test func theCommentOnTheCommandShowsThisVeryPackage() throws {
    let comment = try Repository.text("Sources/LetheCommand/CommandLineTool.swift")
    let main = try Repository.snippet(ofFile: "\(Repository.root)/\(Self.example)/Sources/own-lethe/main.swift")
    #expect(comment.contains(Repository.documentationComment(of: main)), "main.swift differs")
    let manifest = try Repository.snippet(ofFile: "\(Repository.root)/\(Self.example)/Package.swift")
    let here = #".package(name: "lethe", path: "../../..")"#
    let elsewhere = #".package(url: "https://…/lethe", from: "1.0.0")"#
    #expect(manifest.contains(here))
    let shown = Repository.documentationComment(of: manifest.replacingOccurrences(of: here, with: elsewhere))
    #expect(comment.contains(shown), "Package.swift differs")
  }
}
