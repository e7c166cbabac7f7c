import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Data in forms that are not read: see make_foreign.py.
@Suite struct ForeignDataTests {
  private func said(_ specification: String) -> String {
    do {
      _ = try Dataset.load(specification)
      return "read"
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    ("images.npz", "a NumPy archive", "numpy.load("), ("table.parquet", "a Parquet file", "pandas.read_parquet("),
    ("table.feather", "an Arrow file", "pandas.read_feather("),
    ("stream.arrow", "an Arrow stream", "datasets.Dataset.from_file("),
    ("saved", "a saved dataset of Hugging Face", "d[s].to_csv(f'saved-csv/{s}.csv')"),
    ("pictures", "a saved dataset of Hugging Face", "d = {'all': datasets.load_from_disk("),
    ("pictures.tar", "a tar archive", "webdataset.WebDataset("),
  ])
  func whatIsNotReadIsRecognized(name: String, words: String, python: String) {
    let path = Repository.fixture("foreign/\(name)")
    #expect(said(path).hasPrefix("\(path): \(words), which is not read; Python brings it: "))
    #expect(said(path).contains(python) && !said(path).contains("\n"))
    #expect(said("\(path):0-1") == said(path), "with classes")
  }

  /// The others want libraries that are not at hand; each was tried by hand, and what it wrote is read.
  @Test(.enabled(if: Python.path != nil)) func whatIsSaidBringsIt() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: Repository.fixture("foreign/images.npz"), toPath: folder.file("images.npz"))
    let line = try #require(ForeignData(at: folder.file("images.npz"))?.python.split(separator: " (by").first)
    let python = Process()
    python.executableURL = URL(fileURLWithPath: try #require(Python.path))
    python.arguments = ["-c", String(line)]
    python.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try python.run()
    python.waitUntilExit()
    let data = try Dataset.load(folder.file("images.h5"))
    #expect(data.train.count == 10 && data.test.count == 10 && data.classNames.count == 2)
  }

  @Test func namesOfAHubAreAnswered() {
    for name in ["hf:stanfordnlp/imdb", "hf://datasets/stanfordnlp/imdb", "stanfordnlp/imdb"] {
      #expect(
        said(name) == "\(name): no such dataset; nothing is downloaded; of Hugging Face's hub Python brings it: "
          + "import datasets; datasets.load_dataset('stanfordnlp/imdb').save_to_disk('imdb')")
    }
    for path in ["./imdb", "data/imdb.h5", "/data/imdb", "imdb", "a/b/c"] {
      #expect(said(path).hasPrefix("\(path): no such dataset; give fashion-mnist"))
    }
  }

  @Test func otherFilesAreNotTakenForThem() throws {
    let folder = try TemporaryFolder()
    for (name, content) in [("a.npz", ""), ("b.arrow", "text"), ("c.tar", "text"), ("d", "PAR")] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
      #expect(ForeignData(at: folder.file(name)) == nil)
    }
    #expect(ForeignData(at: folder.path) == nil && ForeignData(at: folder.file("none")) == nil)
  }
}
