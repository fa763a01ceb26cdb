"""A dashboard of one course: completion, scores, and what the experiment says, live.

NEXUS_URL=http://127.0.0.1:8080 NEXUS_KEY=nx_... streamlit run streamlit_dashboard.py
"""

import os

import streamlit as st

import nexus


@st.cache_resource
def connect(url: str, key: str) -> nexus.Client:
    return nexus.Client(url, key)


def client() -> nexus.Client:
    return connect(os.environ.get("NEXUS_URL", "http://127.0.0.1:8080"), os.environ["NEXUS_KEY"])


def percent(share: float | None) -> str:
    return "not yet" if share is None else f"{share:.0%}"


def show_course(course: str) -> None:
    report = client().report(course)
    learners, completions = report["learners"], report["completions"]
    boxes = st.columns(4)
    boxes[0].metric("Learners", learners)
    boxes[1].metric("Completed", percent(completions / learners if learners else None), f"{completions} learners", "off")
    boxes[2].metric("Mean score, first attempts", percent(report.get("mean_grade")))
    boxes[3].metric("Decisions", report["decisions"])
    st.subheader("Activities")
    columns = {"title": "Activity", "started": "Started", "completed": "Completed", "answers": "Answers", "mean_grade": "Mean score"}
    rows = [{name: it.get(word) for word, name in columns.items()} for it in report["activities"]]
    st.dataframe(rows, hide_index=True)


def show_experiment(experiment: dict) -> None:
    results = client().results(experiment["id"])
    st.subheader(f"Experiment {results['id']} ({results['status']})")
    if results.get("cannot_measure"):
        st.warning(results["cannot_measure"])
    rows = []
    for effect in results["effects"]:
        interval, both = effect.get("always_valid"), min(effect["control_learners"], effect["variant_learners"])
        rows.append({
            "Metric": effect["metric"] + (" (primary)" if effect["primary"] else ""),
            "Compared": f"{effect['variant']} less {effect['control']}",
            "Difference": effect.get("estimate"),
            "Low": interval and interval["low"],
            "High": interval and interval["high"],
            "Says": effect["verdict"] if interval else f"too early: {both} of {results['learners_min']} learners a side",
        })
    st.dataframe(rows, hide_index=True)
    st.caption("Low and High are a 95 % interval that holds however often one looks.")


@st.fragment(run_every=5)
def show_live(course: str) -> None:
    try:
        show_course(course)
        for experiment in client().experiments():
            if experiment["course"] == course:
                show_experiment(experiment)
    except (nexus.Unavailable, nexus.Refused) as trouble:
        st.error(f"Nexus: {trouble}")


st.set_page_config("Nexus", layout="wide")
st.title("Nexus")
try:
    courses = [it["id"] for it in client().get("/v1/courses")["courses"]]
    if courses:
        show_live(st.selectbox("Course", courses))
    else:
        st.info("No course is published yet.")
except (nexus.Unavailable, nexus.Refused) as trouble:
    st.error(f"Nexus: {trouble}")
