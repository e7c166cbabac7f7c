import Foundation
import TestSupport
import Testing

/// Models that take words, and models whose source data are not at hand, through the command.
@Suite(.serialized) struct TextAndProxyTests {
  /// Sentences of 12 words, some padded; each has one word that tells its class.
  private static let sentences = """
    import sys, h5py, numpy as np
    rng = np.random.default_rng(0)
    for name, classes, first in (("source", 3, 1), ("target", 4, 4)):
        with h5py.File(f"{sys.argv[1]}/{name}.h5", "w") as file:
            for part, count in (("train", 1200), ("test", 300)):
                labels = rng.integers(0, classes, count)
                ids = rng.integers(20, 60, (count, 12))
                ids[np.arange(count), rng.integers(1, 8, count)] = first + labels
                mask = np.arange(12) < rng.integers(9, 13, count)[:, None]
                file[f"{part}/inputs/input_ids"] = np.where(mask, ids, 0)
                file[f"{part}/inputs/attention_mask"] = mask.astype(np.int64)
                file[f"{part}/labels"] = labels
    """

  private func accuracies(_ command: Command, _ task: String) throws -> [Double] {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    return try #require(json["epochs"] as? [[String: Any]]).compactMap {
      ($0[task] as? [String: Any])?["accuracy"] as? Double
    }
  }

  @Test(.enabled(if: Python.path != nil), arguments: ["bert", "distilbert"])
  func aTransformerIsFineTunedAndDiagnosed(name: String) throws {
    let folder = try TemporaryFolder()
    _ = try Python.run(Self.sentences, folder.path)
    let base = folder.file("base.h5")
    let program = try Repository.unpacked("programs/\(name).pt2.gz", in: folder)
    #expect(try Command("import", program, "-o", base).status == 0)
    let rate = ["--optimizer", "adamw", "--lr", "0.003", "--json"]
    let (source, target) = (folder.file("source.h5"), folder.file("target.h5"))
    let trained = try Command(
      array: ["train", base, "--data", source, "--epochs", "8", "-o", folder.file("first")] + rate)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try #require(accuracies(trained, "target").last) > 0.9)
    let tuned = try Command(
      array: ["finetune", folder.file("first"), "--source", source, "--target", target, "--epochs", "6"]
        + ["-o", folder.file("run")] + rate)
    #expect(tuned.status == 0, "\(tuned.errors)")
    #expect(try #require(accuracies(tuned, "target").last) > 0.9)
    #expect(try accuracies(tuned, "source").count == 7)
    let similarity = try Command("cka", folder.file("run"), "--data", source, "--pool", "cls", "--quiet")
    #expect(similarity.status == 0, "\(similarity.errors)")
    #expect(similarity.output.contains("pooled by cls"))
    #expect(try Command("data", "show", source).output.contains("input attention_mask: int64 12"))
  }

  @Test(.enabled(if: Python.path != nil)) func inputsThatDoNotFitAreNamed() throws {
    let folder = try TemporaryFolder()
    _ = try Python.run(Self.sentences, folder.path)
    let program = try Repository.unpacked("programs/bert.pt2.gz", in: folder)
    let base = folder.file("base.h5")
    #expect(try Command("import", program, "-o", base).status == 0)
    let edit = "import sys, h5py; file = h5py.File(sys.argv[1], 'a')\n"
    let source = folder.file("source.h5")
    _ = try Python.run(edit + "[file[part + '/inputs'].move('input_ids', 'ids') for part in ('train', 'test')]", source)
    let renamed = try Command("train", base, "--data", source, "-o", folder.file("run"))
    #expect(renamed.status == 65)
    #expect(renamed.errors.contains("has no input 'input_ids', which the model expects; it has attention_mask, ids"))
    let target = folder.file("target.h5")
    _ = try Python.run(
      edit + """
        for part in ("train", "test"):
            group = file[part + "/inputs"]
            x = group["input_ids"][()]
            del group["input_ids"]
            group["input_ids"] = x * 1.0
        """, target)
    let fractions = try Command("train", base, "--data", target, "-o", folder.file("run"))
    #expect(fractions.status == 65)
    #expect(fractions.errors.contains("input 'input_ids' is float64, the model expects int64"))
  }

  @Test func agreementOnOtherExamplesIsTrackedWhereTheSourceIsNotAtHand() throws {
    let folder = try TemporaryFolder()
    let data = Repository.fixture("fashion-mnist-small")
    let base = folder.file("base.h5")
    let program = try Repository.unpacked("programs/resnet.pt2.gz", in: folder)
    #expect(try Command("import", program, "-o", base).status == 0)
    let misfit = try Command(
      "finetune", base, "--source-proxy", data + ":0-4", "--target", data + ":5-9", "-o", folder.file("run"))
    #expect(misfit.status == 65)
    #expect(misfit.errors.contains("1×28×28, the model expects 3×32×32; --fit"))
    let tuned = try Command(
      "finetune", base, "--source-proxy", data + ":0-4", "--target", data + ":5-9", "--fit", "--epochs", "3", "--lr",
      "0.1", "--json", "-o", folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(tuned.output.utf8)) as? [String: Any])
    let proxies = try #require(json["epochs"] as? [[String: Any]]).compactMap { $0["proxy"] as? [String: Any] }
    let divergences = proxies.compactMap { $0["divergence"] as? Double }
    #expect(proxies.compactMap { $0["agreement"] as? Double }.first == 1)
    #expect(divergences.count == 4)
    #expect(divergences[0] == 0)
    #expect(divergences.dropFirst().allSatisfy { $0 > 1e-4 && $0.isFinite })
    #expect(try Command("report", folder.file("run")).status == 0)
    let page = try String(contentsOfFile: folder.file("run/report.html"), encoding: .utf8)
    #expect(page.contains("agrees with what it said before") && page.contains("not accuracy"))
    let metrics = try String(contentsOfFile: folder.file("run/metrics.csv"), encoding: .utf8)
    #expect(metrics.contains("proxy_agreement"))
    // What was fitted in training is fitted again without being asked.
    #expect(try Command("evaluate", folder.file("run"), "--data", data + ":5-9").status == 0)
    // With neither there is the gauge.
    let neither = try Command(
      "finetune", base, "--target", data + ":5-9", "--fit", "--epochs", "1", "--examples", "40", "-o",
      folder.file("other"))
    #expect(neither.status == 0, "\(neither.errors)")
    #expect(neither.output.contains("a gauge of forgetting and no measure of it"), "\(neither.output)")
  }
}
