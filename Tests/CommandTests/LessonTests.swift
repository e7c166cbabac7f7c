import Foundation
import TestSupport
import Testing

/// The lessons, run as a reader runs them; `Notebooks-md/support/run.py` says what they are held to.
///
/// They run side by side, as many as there are processors: each computes on one thread.
@Suite struct LessonTests {
  static let lessons =
    (try? FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Notebooks-md"))?
    .filter { $0.contains(#/^\d\d-.*\.md$/#) }.sorted() ?? []

  /// Python, where `make setup` could install the kernel.
  static let python = Python.path.flatMap { path in
    (try? Python.run("import bash_kernel, jupytext, latex2mathml, nbclient, nbconvert", executable: path)).map { _ in
      path
    }
  }

  @Test func theReadMeLinksToEach() throws {
    let linked = try Repository.text("README.md").matches(of: #/\]\(Notebooks-md/(\d\d-[\w-]+\.md)\): /#)
    #expect(linked.map { String($0.output.1) } == Self.lessons)
  }

  /// The shell stands in the lesson's folder by then.
  @Test func theFirstCellCanBeRunAgain() throws {
    let folder = try TemporaryFolder()
    let cell = "source support/lesson.sh 02; touch made; echo \"$lesson_root\""
    let run = try Command(
      script: "export LETHE_WORK=$1/work; cd '\(Repository.root)/Notebooks-md'; \(cell); ls; \(cell); ls",
      in: folder.path)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.filter { $0 == Repository.root }.count == 2 && lines.filter { $0 == "made" }.count == 2, "\(lines)")
  }

  /// In JupyterLab, where what Jupytext writes is what was opened.
  @Test(.enabled(if: python != nil)) func openingALessonDoesNotChangeIt() throws {
    let changed = try Python.run(
      """
      import glob, jupytext, jupytext.config
      for file in sorted(glob.glob("\(Repository.root)/Notebooks-md/[0-9]*.md")):
          settings = jupytext.config.load_jupytext_config(file)
          if jupytext.writes(jupytext.read(file, config=settings), "md", config=settings) != open(file).read():
              print(file)
      """, executable: #require(Self.python))
    #expect(changed.isEmpty, "the header of a lesson names the kernel alone: \(changed)")
  }

  /// Without a base a link `#part` would open JupyterLab within the frame.
  @Test(.enabled(if: python != nil)) func linksWithinAPageStayInItsFrame() throws {
    let folder = try TemporaryFolder()
    try "<html><head><title>t</title></head><body><a href=\"#part\">part</a></body></html>"
      .write(toFile: folder.file("page.html"), atomically: true, encoding: .utf8)
    let shown = try Python.run(
      """
      import sys
      sys.path.insert(0, "\(Repository.root)/Notebooks-md/support")
      import show
      print(show.page(sys.argv[1]))
      """, folder.file("page.html"), executable: #require(Self.python))
    #expect(shown.contains("srcdoc=\"&lt;html&gt;&lt;head&gt;&lt;base href=&quot;about:srcdoc&quot;&gt;"))
  }

  /// Scripts, styles and pictures stand within; formulas are MathML; links of ours resolve.
  @Test(.enabled(if: python != nil)) func pagesNeedNoNetwork() throws {
    let folder = try TemporaryFolder()
    let found = try Python.run(
      """
      import glob, os, pathlib, re, sys
      sys.path.insert(0, "\(Repository.root)/Notebooks-md/support")
      import jupytext, pages
      lessons = [pathlib.Path(file) for file in sorted(glob.glob("\(Repository.root)/Notebooks-md/[0-9]*.md"))]
      folder = pathlib.Path(sys.argv[1])
      written = [pages.write_lesson(lesson, jupytext.read(lesson), folder) for lesson in lessons]
      for lesson, (file, _, _) in zip(lessons, written):
          text = (folder / file).read_text()
          if "$$" in lesson.read_text() and "<math" not in text:
              print(file, "formulas")
          for link in re.findall(r' src="(?!data:)([^"]*)', text) + re.findall(r'<link [^>]*href="([^"]*)', text):
              print(file, link)
          for link in re.findall(r'<a [^>]*href="(?!https?:)([^"#]+)', text):
              if not os.path.exists(folder / link):
                  print(file, link)
      """, folder.path, executable: #require(Self.python))
    #expect(found.isEmpty)
  }

  @Test(.enabled(if: python != nil), arguments: lessons) func everyCellRuns(lesson: String) throws {
    let folder = try TemporaryFolder()
    let run = try Command(lesson: lesson, in: folder.path, python: #require(Self.python))
    #expect(run.status == 0, "\(run.errors.suffix(2000))")
  }
}
